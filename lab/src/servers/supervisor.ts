import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasMariadb, startMariadb, startPostgres } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { useMovableClock } from './clock.js';
import type { FromDriver, FromSupervisor, Request } from './messages.js';

// The program of a process that owns the servers. When the driver dies, however it dies, this process sees its channel
// close: it then stops the servers, kills what is left of the workload, and removes all folders.

const folder = process.argv[2] as string;
const withMariadb = process.argv[3] === 'true';
const workload = new Set<number>();
const underWay = new Set<Promise<void>>();
const send = (message: FromSupervisor): void => void (process.connected && process.send?.(message));

process.on('disconnect', () => void cleanUp());
// Ctrl-C reaches every process of the group. The driver decides what it means.
process.on('SIGINT', () => {});

const movesClock = await useMovableClock('redis-server', folder);
const [redis, postgres, mariadb] = await Promise.all([
  startRedisServer({ appendonly: 'yes', appendfsync: 'always', 'auto-aof-rewrite-min-size': '1mb' }),
  startPostgres({ deadlock_timeout: '100ms' }),
  // So that waiting too long for a lock ends a whole transaction, too.
  withMariadb && hasMariadb ? startMariadb({ 'innodb-rollback-on-timeout': 'on' }) : undefined,
]).catch((error: unknown) => {
  send({ failed: String(error) });
  process.exit(1);
});

const requests: Record<Request, () => Promise<void>> = {
  'kill redis': () => redis.kill(),
  'start redis': () => redis.start(),
  'stop postgres': () => postgres.kill(),
  'start postgres': () => postgres.start(),
  'restart postgres, fast': () => restartPostgres(() => postgres.shutDown()),
  'restart postgres, immediate': () => restartPostgres(() => postgres.kill()),
};
// Two restarts at once could leave no server, or two.
let restarts = Promise.resolve();

process.on('message', (message: FromDriver) => {
  if ('started' in message) workload.add(message.started);
  else if ('ended' in message) workload.delete(message.ended);
  else run(message.id, message.request);
});
send({
  redisPort: redis.port,
  postgresPort: postgres.port,
  ...(mariadb && { mariadbSocket: mariadb.socket }),
  movesClock,
});

function run(id: number, request: Request): void {
  const work = fulfil(id, request).finally(() => underWay.delete(work));
  underWay.add(work);
}

async function fulfil(id: number, request: Request): Promise<void> {
  try {
    await requests[request]();
    send({ id });
  } catch (error) {
    send({ id, error: String(error) });
  }
}

function restartPostgres(stop: () => Promise<void>): Promise<void> {
  const done = restarts.then(stop).then(() => postgres.start());
  restarts = done.catch(() => {});
  return done;
}

async function cleanUp(): Promise<void> {
  // A process that is stopped cannot see that its driver is gone.
  for (const pid of workload) kill(pid);
  // A server that is just starting must be there before it can be stopped.
  await withLimit(Promise.all(underWay));
  await withLimit(Promise.allSettled([redis.stop(), postgres.stop(), mariadb?.[Symbol.asyncDispose]()]));
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

/** Waits, but not forever: the folder must go in any case. */
async function withLimit(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(15_000)]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
