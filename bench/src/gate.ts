import { Redis } from 'ioredis';

const READY = 'bench:ready';
const GO = 'bench:go';

/** Says that this process is ready, and resolves with the time at which all begin. */
export async function ready(port: number): Promise<number> {
  const client = await connect(port);
  await client.rpush(READY, 1);
  const [, startAt] = (await client.blpop(GO, 0)) as [string, string];
  client.disconnect();
  return Number(startAt);
}

/** Resolves when that many processes are ready. */
export async function allReady(port: number, processes: number): Promise<void> {
  const client = await connect(port);
  for (let i = 0; i < processes; i += 1) await client.blpop(READY, 0);
  client.disconnect();
}

/** Lets all begin at that time. */
export async function go(port: number, processes: number, startAt: number): Promise<void> {
  const client = await connect(port);
  await client.rpush(GO, ...Array<number>(processes).fill(startAt));
  client.disconnect();
}

async function connect(port: number): Promise<Redis> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true });
  await client.connect();
  return client;
}
