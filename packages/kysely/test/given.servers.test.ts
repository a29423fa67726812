import { describe } from 'vitest';
import { openMysql, openPostgres } from './support/databases.js';
import { setupSuite } from './support/setup-suite.js';
import { sinkSuite } from './support/suite.js';

const { POSTGRES_URL, MYSQL_URL, MARIADB_URL } = process.env;
if (POSTGRES_URL === undefined || MYSQL_URL === undefined || MARIADB_URL === undefined)
  throw new Error('POSTGRES_URL, MYSQL_URL and MARIADB_URL say which databases to test');

describe.each([
  ['PostgreSQL', () => openPostgres(POSTGRES_URL)],
  ['MySQL', () => openMysql({ uri: MYSQL_URL })],
  ['MariaDB', () => openMysql({ uri: MARIADB_URL })],
])('on the given %s', (_, open) => {
  describe('batches', () => sinkSuite(open));
  describe('tables', () => setupSuite(open));
});
