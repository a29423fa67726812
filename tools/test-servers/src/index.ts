export { betterSqlite3 } from './better-sqlite3.js';
export { hasMariadb, type MariadbServer, startMariadb } from './mariadb.js';
export { hasPgbouncer, type Pgbouncer, startPgbouncer } from './pgbouncer.js';
export { type PostgresServer, startPostgres } from './postgres.js';
export { type Rules, startTcpProxy, type TcpProxy } from './tcp-proxy.js';
