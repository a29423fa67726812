import { sinkOver } from '../tables.js';

const ddl = 'create table pages (path text primary key, views integer not null default 0)';
export default await sinkOver(ddl, { hasLedger: false });
