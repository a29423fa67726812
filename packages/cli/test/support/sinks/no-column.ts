import { sinkOver } from '../tables.js';

export default await sinkOver('create table pages (path text primary key)');
