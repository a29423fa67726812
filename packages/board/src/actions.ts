import type { Letters } from './letters.js';
import type { BoardOptions } from './options.js';
import { Refusal } from './refusal.js';
import type { Action, ActionResult, ActionTarget, Rights } from './wire.js';

/** What users of the board may do, and do. */
export class Actions {
  readonly #letters: Letters;
  readonly #authorize: BoardOptions['authorize'];
  readonly #onAction: BoardOptions['onAction'];

  constructor(letters: Letters, authorize: BoardOptions['authorize'], onAction: BoardOptions['onAction']) {
    this.#letters = letters;
    this.#authorize = authorize;
    this.#onAction = onAction;
  }

  async rights(request: Request): Promise<Rights> {
    const [redrive, discard] = await Promise.all([
      this.#may(request, 'redrive'),
      this.#may(request, 'discard'),
    ]);
    return { redrive, discard };
  }

  /** @throws Refusal if the user may not, before anything else is looked at */
  async mustMay(request: Request, action: Action): Promise<void> {
    if (!(await this.#may(request, action)))
      throw new Refusal(403, `You may not ${action} dead letters here.`);
  }

  async act(request: Request, action: Action, target: ActionTarget): Promise<ActionResult> {
    const { ids, mayBeMore } = await this.#letters.idsOf(target);
    if (ids.length === 0) return { asked: 0, done: 0, mayBeMore };
    await this.#onAction?.({ action, ids, request });
    return { asked: ids.length, done: await this.#letters.act(action, ids), mayBeMore };
  }

  async #may(request: Request, action: Action): Promise<boolean> {
    // Nothing but `true`: what a hook in JavaScript returns by mistake must not open the door.
    return (await this.#authorize?.(request, action)) === true;
  }
}
