import { PATIENCE_MS, type System } from './system.js';

/** It has happened when the sink ends it by its own clock. */
const SILENCE_MS = 2 * PATIENCE_MS;

/** What happens between a process and a server. */
export function connectionFaults({ redisProxy, databaseProxy }: System) {
  return {
    'reply to a write lost': () => redisProxy.failNext('write', 'lose reply', PATIENCE_MS),
    'reply to a claim lost': () => redisProxy.failNext('claim', 'lose reply', PATIENCE_MS),
    'reply to a settlement lost': () => redisProxy.failNext('settlement', 'lose reply', PATIENCE_MS),
    'reply to a COMMIT lost': () => databaseProxy.failNext('COMMIT', 'lose reply', PATIENCE_MS),
    'reply to a join lost': () => redisProxy.failNext('join', 'lose reply', PATIENCE_MS),
    'write arrives late': () => redisProxy.failNext('write', 'delay request', PATIENCE_MS),
    'claim arrives late': () => redisProxy.failNext('claim', 'delay request', PATIENCE_MS),
    'settlement arrives late': () => redisProxy.failNext('settlement', 'delay request', PATIENCE_MS),
    'COMMIT arrives late': () => databaseProxy.failNext('COMMIT', 'delay request', PATIENCE_MS),
    'write executed, error reply': () => redisProxy.failNext('write', 'replace reply', PATIENCE_MS),
    'settlement executed, error reply': () => redisProxy.failNext('settlement', 'replace reply', PATIENCE_MS),
    'write refused by a proxy': () => redisProxy.failNext('write', 'refuse request', PATIENCE_MS),
    'claim refused by a proxy': () => redisProxy.failNext('claim', 'refuse request', PATIENCE_MS),
    'Redis connection silent, at a write': () => redisProxy.failNext('write', 'go silent', PATIENCE_MS),
    'Redis connection silent, at a claim': () => redisProxy.failNext('claim', 'go silent', PATIENCE_MS),
    'database connection silent, in a transaction': () =>
      databaseProxy.failNext('change', 'go silent', SILENCE_MS),
    'database connection silent, at a COMMIT': () =>
      databaseProxy.failNext('COMMIT', 'go silent', SILENCE_MS),
    'Redis connections cut': async () => redisProxy.cut() > 0,
    'database connections cut': async () => databaseProxy.cut() > 0,
  };
}
