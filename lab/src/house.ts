import { rm } from 'node:fs/promises';
import { startPostgres } from '@sluice/test-servers';
import { startRedisServer } from '@sluice/testing';
import { sleep } from './sleep.js';

// The servers live in a process of their own. When the driver dies, however it dies, this process sees its channel
// close: it then ends the servers and whatever child is left, and removes all folders.

/** What the driver can ask for. */
export type Request = 'kill redis' | 'start redis' | 'restart postgres, fast' | 'restart postgres, immediate';

/** What the driver says: a request, or that a child has started or ended. */
export type FromDriver =
  | { readonly id: number; readonly request: Request }
  | { readonly started: number }
  | { readonly ended: number };

/** What the house answers; first of all, with the ports of its servers. */
export type FromHouse =
  | { readonly redisPort: number; readonly postgresPort: number }
  | { readonly failed: string }
  | { readonly id: number; readonly error?: string };

const folder = process.argv[2] as string;
const children = new Set<number>();
const underWay = new Set<Promise<void>>();
const say = (message: FromHouse): void => void (process.connected && process.send?.(message));

process.on('disconnect', () => void leave());
// Ctrl-C reaches the whole group: the driver decides.
process.on('SIGINT', () => {});

const [redis, postgres] = await Promise.all([
  startRedisServer({ appendonly: 'yes', appendfsync: 'always', 'auto-aof-rewrite-min-size': '1mb' }),
  startPostgres({ deadlock_timeout: '100ms' }),
]).catch((error: unknown) => {
  say({ failed: String(error) });
  process.exit(1);
});

const requests: Record<Request, () => Promise<void>> = {
  'kill redis': () => redis.kill(),
  'start redis': () => redis.start(),
  'restart postgres, fast': () => restartPostgres(() => postgres.shutDown()),
  'restart postgres, immediate': () => restartPostgres(() => postgres.kill()),
};
// Two restarts at the same time would end with no server, or with two.
let restarts = Promise.resolve();

process.on('message', (message: FromDriver) => {
  if ('started' in message) children.add(message.started);
  else if ('ended' in message) children.delete(message.ended);
  else start(message.id, message.request);
});
say({ redisPort: redis.port, postgresPort: postgres.port });

function start(id: number, request: Request): void {
  const work = answer(id, request).finally(() => underWay.delete(work));
  underWay.add(work);
}

async function answer(id: number, request: Request): Promise<void> {
  try {
    await requests[request]();
    say({ id });
  } catch (error) {
    say({ id, error: String(error) });
  }
}

function restartPostgres(end: () => Promise<void>): Promise<void> {
  const done = restarts.then(end).then(() => postgres.start());
  restarts = done.catch(() => {});
  return done;
}

async function leave(): Promise<void> {
  // A stopped child cannot see that its driver is gone.
  for (const pid of children) end(pid, 'SIGKILL');
  // A server that is just being started has to be there before it can be stopped.
  await inTime(Promise.all(underWay));
  await inTime(Promise.allSettled([redis.stop(), postgres.stop()]));
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

/** Waits for something, but not for ever: the folder has to go in any case. */
async function inTime(work: Promise<unknown>): Promise<void> {
  await Promise.race([work, sleep(15_000)]);
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
