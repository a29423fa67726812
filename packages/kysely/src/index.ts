export type { Dialect } from './dialects/dialect.js';
export type { MysqlConnection, MysqlPool, Pool, PostgresClient, PostgresPool } from './dialects/pool.js';
export { migrateLedger } from './ledger/ledger.js';
export type { KyselySinkOptions, MissingRows } from './options.js';
export type { ModelMapping, ModelMappings, Names, Sum, Sums, Table, Tables } from './plan/mapping.js';
export { type KyselySink, kyselySink } from './sink.js';
