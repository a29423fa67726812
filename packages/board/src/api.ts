import type { Actions } from './actions.js';
import { bodyOf } from './body.js';
import type { Letters } from './letters.js';
import type { Pace } from './pace.js';
import { actionTargetOf, pageQueryOf, targetQueryOf } from './queries.js';
import { json } from './reply.js';
import type { Routes } from './router.js';
import { parsedFilter } from './scalar.js';
import type { Snapshots } from './snapshots.js';
import type { BoardSource } from './source.js';
import type { Action, TargetQuery, TargetSums } from './wire.js';

/** A read of one target: the numbers of partitions in use, then each partition that it may be in. */
const COMMANDS_A_TARGET = 10;

interface Parts {
  readonly buffer: BoardSource;
  readonly pace: Pace;
  readonly snapshots: Snapshots;
  readonly letters: Letters;
  readonly actions: Actions;
}

/** What the page asks the server for. */
export function apiOf({ buffer, pace, snapshots, letters, actions }: Parts): Routes {
  const act = (action: Action) => async (request: Request) => {
    await actions.mustMay(request, action);
    const target = actionTargetOf(await bodyOf(request));
    return json(await actions.act(request, action, target));
  };
  return {
    'GET api/state': async (_, { searchParams }) =>
      json(await snapshots.state(Number(searchParams.get('since') ?? 0))),
    'GET api/rights': async (request) => json(await actions.rights(request)),
    'GET api/dead-letters': async (_, { searchParams }) => {
      const { from, limit, ...query } = pageQueryOf(searchParams);
      return json(await letters.page(query, from, limit));
    },
    'POST api/target': async (request) => {
      const query = targetQueryOf(await bodyOf(request));
      const args = argumentsOf(query);
      await pace.turn(COMMANDS_A_TARGET);
      return json((await buffer.get(...args)) satisfies TargetSums);
    },
    'POST api/redrive': act('redrive'),
    'POST api/discard': act('discard'),
  };
}

/** The arguments of `get()`, of which the compiler knows nothing here. */
function argumentsOf({ model, columns, filters }: TargetQuery) {
  const values = Object.fromEntries(filters.map((filter) => [filter.name, parsedFilter(filter)]));
  return [model, columns, values] as unknown as Parameters<BoardSource['get']>;
}
