export { hasMariadb, type MariadbServer, startMariadb } from './mariadb.js';
export { type PostgresServer, startPostgres } from './postgres.js';
