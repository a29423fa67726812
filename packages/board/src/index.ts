export { board } from './board.js';
export type { BoardEvent, BoardOptions, FetchHandler } from './options.js';
export type { BoardSource, SourceLetter } from './source.js';
export type { Action as BoardAction } from './wire.js';
