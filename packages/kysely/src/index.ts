export type { Dialect } from './dialect.js';
export { migrateLedger } from './ledger.js';
export type { ModelMapping, ModelMappings, Names, Table, Tables } from './mapping.js';
export type { KyselySinkOptions, MissingRows } from './options.js';
export { type KyselySink, kyselySink } from './sink.js';
