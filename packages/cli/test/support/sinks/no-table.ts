import { sinkOver } from '../tables.js';

export default await sinkOver('create table posts (path text primary key)');
