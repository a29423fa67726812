import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, createBuffer, IncrementError, max } from '@sluice/core';
import type { Write } from '@sluice/core/backend';
import { seededRandom } from '@sluice/testing';
import type { Increment, Outcome } from '../../history/history.js';
import { HistoryWriter } from '../../history/history-writer.js';
import { integer } from '../../random.js';
import { OWN_ROWS, type ProducerSettings, SHARED_ROWS, UNWELCOME } from '../settings.js';
import { obeyDriver } from './commands.js';
import { report, settings } from './driver.js';
import { reach } from './failpoint.js';
import { jumpingClock } from './jumping-clock.js';
import { openBackend } from './open-backend.js';
import { quietLogger } from './quiet-logger.js';
import { SentWrites } from './sent-writes.js';

// As long as a value can be, in quotes.
const HUGE_NOTE = 'n'.repeat(8190);

const own = settings<ProducerSettings>();
const {
  id,
  seed,
  partitions,
  history,
  writeTimeoutMs,
  lingerMs,
  paceMs,
  maxUnderWay,
  hugeShare,
  unwelcomeShare,
  newShare,
  copyOf,
} = own;
const random = seededRandom(seed);
const clock = jumpingClock();
const writer = new HistoryWriter(history);
const sent = new SentWrites();
const buffer = createBuffer({
  backend: withFailpoints(asCopyOf(copyOf, openBackend(own))),
  partitions,
  writeTimeoutMs,
  lingerMs,
  // Small enough for increments to be refused while Redis is away.
  maxTargets: 2 * SHARED_ROWS + 2 * OWN_ROWS,
  clock,
  logger: quietLogger,
});
buffer.on('lost', (lost) => {
  for (const entry of sent.between(lost)) writer.lose(entry);
  report({ report: 'lost', detail: JSON.stringify(lost) });
});

let isFinishing = false;
const underWay = new Set<Promise<void>>();

const producing = produce();
obeyDriver(clock, async () => {
  isFinishing = true;
  await producing;
  await buffer.close();
});

async function produce(): Promise<void> {
  while (!isFinishing) {
    if (underWay.size < maxUnderWay) countBurst();
    await sleep(2 * paceMs * random());
  }
  await Promise.all(underWay);
}

/** Makes a few increments at once, so that they merge and share writes. */
function countBurst(): void {
  const increments = Array.from({ length: 1 + integer(random, 8) }, drawIncrement);
  const first = writer.begin(increments);
  for (const [i, increment] of increments.entries()) {
    const counted = count(increment, first + i).finally(() => underWay.delete(counted));
    underWay.add(counted);
  }
}

async function count({ name, owner, views, balance, seen }: Increment, number: number): Promise<void> {
  let outcome: Outcome = 'acknowledged';
  try {
    const note = random() < hugeShare ? { note: HUGE_NOTE } : {};
    const remark = random() < newShare / 2 ? { remark: 'new' } : {};
    const model = random() < newShare / 2 ? 'NewCounter' : 'Counter';
    await buffer.incr(model, { views, balance }, { name, owner }, { seen: max(seen), ...note, ...remark });
  } catch (error) {
    if (!(error instanceof IncrementError)) throw error;
    outcome = error.outcome;
  }
  writer.end(number, outcome);
}

function drawIncrement(): Increment {
  const isOwn = random() < 0.3;
  const isUnwelcome = random() < unwelcomeShare;
  // The square makes some of the rows hot.
  const shared = Math.floor(SHARED_ROWS * random() ** 2);
  return {
    name: isOwn ? `own-${integer(random, OWN_ROWS)}` : `shared-${shared}`,
    owner: isUnwelcome ? UNWELCOME : isOwn ? `producer-${id}` : 'all',
    views: 1 + integer(random, 9),
    balance: integer(random, 41) - 20,
    seen: 1 + integer(random, 2 ** 40),
  };
}

function withFailpoints(backend: Backend): Backend {
  const add = backend.add.bind(backend);
  backend.add = async (write: Write) => {
    sent.record(write);
    if (write.number === 1)
      report({ report: 'sequence begun', name: `${write.partition} ${write.producer}` });
    reach('before send');
    const adding = add(write);
    // By then the command has left the process, and its reply cannot have been read.
    setImmediate(() => reach('during send'));
    const result = await adding;
    reach('after send');
    return result;
  };
  return backend;
}

/** A copy of a process has the ids that it got when it joined, before it was copied. */
function asCopyOf(original: string | undefined, backend: Backend): Backend {
  if (original === undefined) return backend;
  const join = backend.join.bind(backend);
  const joined = new Set<number>();
  backend.join = async (partition, partitions) => {
    const own = await join(partition, partitions);
    if (joined.has(partition)) return own;
    joined.add(partition);
    return { ...own, producer: `${original}-${partition}` };
  };
  return backend;
}
