export type { Dialect } from './dialect.js';
export { migrateLedger } from './ledger.js';
export type { KyselySinkOptions, MissingRows, ModelMapping, Names } from './options.js';
export { type KyselySink, kyselySink } from './sink.js';
