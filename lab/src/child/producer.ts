import { type Backend, createBuffer, IncrementError, max } from '@sluice/core';
import { redis } from '@sluice/redis';
import { seededRandom } from '@sluice/testing';
import type { Fate, Increment } from '../journal.js';
import { COMMAND_TIMEOUT_MS, OWN_ROWS, type ProducerSettings, SHARED_ROWS } from '../settings.js';
import { JournalWriter } from './journal.js';
import { jumpingClock } from './jumping-clock.js';
import { settings, tell } from './link.js';
import { obeyDriver } from './obey.js';
import { pass } from './stops.js';
import { wrap } from './wrap.js';

const MOST_UNDER_WAY = 400;

const {
  life,
  seed,
  redisUrl,
  partitions,
  journal: path,
  writeTimeoutMs,
  lingerMs,
  paceMs,
} = settings<ProducerSettings>();
const random = seededRandom(seed);
const clock = jumpingClock();
const journal = new JournalWriter(path);
const buffer = createBuffer({
  backend: withPoints(redis({ url: redisUrl, commandTimeoutMs: COMMAND_TIMEOUT_MS })),
  partitions,
  writeTimeoutMs,
  lingerMs,
  // Small enough for increments to be refused while Redis is away.
  maxTargets: SHARED_ROWS + 2 * OWN_ROWS,
  clock,
});
buffer.on('lost', (lost) => tell({ note: 'lost', detail: JSON.stringify(lost) }));
buffer.on('error', () => {});

let finishing = false;
const underWay = new Set<Promise<void>>();

const producing = produce();
obeyDriver(clock, async () => {
  finishing = true;
  await producing;
  await buffer.close();
});

async function produce(): Promise<void> {
  while (!finishing) {
    if (underWay.size < MOST_UNDER_WAY) burst();
    await new Promise((resolve) => setTimeout(resolve, 2 * paceMs * random()));
  }
  await Promise.all(underWay);
}

/** Makes some increments side by side, so that they merge and share writes. */
function burst(): void {
  const increments = Array.from({ length: 1 + integer(8) }, drawIncrement);
  const first = journal.issue(increments);
  for (const [i, increment] of increments.entries()) {
    const counted = count(increment, first + i).finally(() => underWay.delete(counted));
    underWay.add(counted);
  }
}

async function count({ name, owner, views, balance, seen }: Increment, number: number): Promise<void> {
  let fate: Fate = 'acknowledged';
  try {
    await buffer.incr('Counter', { views, balance }, { name, owner }, { seen: max(seen) });
  } catch (error) {
    if (!(error instanceof IncrementError)) throw error;
    fate = error.outcome;
  }
  journal.settle(number, fate);
}

function drawIncrement(): Increment {
  const own = random() < 0.3;
  // The square makes some of the rows hot.
  const name = own ? `own-${integer(OWN_ROWS)}` : `shared-${Math.floor(SHARED_ROWS * random() ** 2)}`;
  return {
    name,
    owner: own ? `producer-${life}` : 'all',
    views: 1 + integer(9),
    balance: integer(41) - 20,
    seen: 1 + integer(2 ** 40),
  };
}

function integer(below: number): number {
  return Math.floor(random() * below);
}

function withPoints(backend: Backend): Backend {
  return wrap(backend, {
    async add(write) {
      pass('before send');
      const answer = backend.add(write);
      // By then the command has left the process, and its answer cannot have been read.
      setImmediate(() => pass('during send'));
      const result = await answer;
      pass('after send');
      return result;
    },
  });
}
