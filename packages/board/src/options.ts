import type { Clock } from '@sluice/core';
import {
  mustBe,
  mustBeInteger,
  mustBeKnown,
  mustBePlainObject,
  mustHaveMethods,
  option,
  optionsOf,
  systemClock,
} from '@sluice/core/backend';
import type { BoardSource } from './source.js';
import type { Action } from './wire.js';

/** Takes a request, in whatever framework: see {@link board}. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** What a user of the board is about to do: see {@link BoardOptions.onAction}. */
export interface BoardEvent {
  readonly action: Action;
  /** The dead letters that it is for. */
  readonly ids: readonly string[];
  /** The request, for who it is. Its body is used up. */
  readonly request: Request;
}

/** What {@link board} takes. */
export interface BoardOptions {
  /** The buffer to show: any on the same backend will do. It needs no sink. */
  readonly buffer: BoardSource;
  /**
   * The path below which requests arrive.
   * @default '/'
   */
  readonly basePath?: string;
  /**
   * The page's heading.
   * @default 'Sluice'
   */
  readonly title?: string;
  /**
   * Whether whoever sent the request may redrive or discard dead letters. Also called for each look at the page, to know
   * which buttons to show. By default nobody may: the board only shows.
   */
  readonly authorize?: (request: Request, action: Action) => boolean | Promise<boolean>;
  /** Called before something is done, for an audit. If it throws or rejects, nothing is done. */
  readonly onAction?: (event: BoardEvent) => unknown;
  /**
   * Commands a second that looking may cost the backend, 1 to 10 000, however many look. On Redis a snapshot
   * costs one for each partition and nine more, and is taken once a second at most: with many partitions, more commands make
   * the page livelier.
   * @default 10
   */
  readonly commandsPerSecond?: number;
  /** For tests: where the board takes its time from. By default the system. */
  readonly clock?: Clock;
}

export type ResolvedOptions = Required<Omit<BoardOptions, 'authorize' | 'onAction'>> &
  Pick<BoardOptions, 'authorize' | 'onAction'>;

const OPTIONS = /* @__PURE__ */ optionsOf('board()');

/** @throws InvalidInputError naming the option */
export function resolveOptions(options: BoardOptions): ResolvedOptions {
  mustBePlainObject(OPTIONS, options);
  mustBeKnown(OPTIONS, options, [
    'buffer',
    'basePath',
    'title',
    'authorize',
    'onAction',
    'commandsPerSecond',
    'clock',
  ]);
  const {
    basePath = '/',
    title = 'Sluice',
    commandsPerSecond = 10,
    clock = systemClock,
    ...others
  } = options;
  mustHaveMethods(option('buffer', 'board()'), others.buffer, ['stats', 'health', 'get']);
  if (typeof basePath !== 'string' || !basePath.startsWith('/')) {
    throw mustBe(option('basePath', 'board()'), 'a path that begins with a slash', basePath);
  }
  if (typeof title !== 'string') throw mustBe(option('title', 'board()'), 'a string', title);
  mustBeInteger(option('commandsPerSecond', 'board()'), commandsPerSecond, 1, 10_000);
  mustHaveMethods(option('clock', 'board()'), clock, ['now', 'after']);
  for (const name of ['authorize', 'onAction'] as const) mustBeHook(name, others[name]);
  return { ...others, basePath, title, commandsPerSecond, clock };
}

function mustBeHook(name: string, hook: unknown): void {
  if (hook !== undefined && typeof hook !== 'function') {
    throw mustBe(option(name, 'board()'), 'a function', hook);
  }
}
