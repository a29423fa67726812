import { Actions } from './actions.js';
import { apiOf } from './api.js';
import { pageFiles } from './files.js';
import { Letters } from './letters.js';
import { type BoardOptions, type FetchHandler, resolveOptions } from './options.js';
import { Pace } from './pace.js';
import { router } from './router.js';
import { Snapshots } from './snapshots.js';

/** The share of the commands that snapshots may take; the rest is for what users look up. */
const SNAPSHOTS = 0.75;

/**
 * Makes a web page that shows what a buffer's backend holds, as a function from requests to responses. Who may look is
 * up to the server it is mounted in; to redrive and to discard takes {@link BoardOptions.authorize}. For the servers of
 * Node see `@sluice/board/node`.
 *
 * However many browsers look, looking costs the backend ten commands a second at most, and none while nobody looks.
 *
 * @example
 * ```ts
 * import { board } from '@sluice/board';
 *
 * const handle = board({ buffer, basePath: '/sluice' });
 * const page = await handle(new Request('https://example.org/sluice/'));
 * ```
 * @throws `InvalidInputError` `ERR_SLUICE_INVALID_OPTION` naming the option
 */
export function board(options: BoardOptions): FetchHandler {
  const { buffer, basePath, title, authorize, onAction, commandsPerSecond, clock } = resolveOptions(options);
  const snapshots = new Snapshots(buffer, clock, commandsPerSecond * SNAPSHOTS);
  const pace = new Pace(clock, commandsPerSecond * (1 - SNAPSHOTS));
  const letters = new Letters(buffer, snapshots, pace);
  const actions = new Actions(letters, authorize, onAction);
  const api = apiOf({ buffer, pace, snapshots, letters, actions });
  return router(basePath, { ...pageFiles(title), ...api });
}
