import type { Dialect } from '../dialect.js';
import type { Catalogue } from './catalogue.js';
import { mysqlCatalogue } from './mysql.js';
import { postgresCatalogue } from './postgres.js';
import { sqliteCatalogue } from './sqlite.js';

const CATALOGUES: Readonly<Record<Dialect, Catalogue>> = {
  postgres: postgresCatalogue,
  mysql: mysqlCatalogue,
  sqlite: sqliteCatalogue,
};

export function catalogueOf(dialect: Dialect): Catalogue {
  return CATALOGUES[dialect];
}
