import { board, type FetchHandler } from '@sluice/board';
import { createBuffer, type Sink, SinkUnavailableError } from '@sluice/core';
import { memory } from '@sluice/memory';
import { manualClock, seededRandom } from '@sluice/testing';

const MINUTES = 10;
const PARTITIONS = 24;
const PARTITIONS_A_SECOND = 2;
const TICKS_A_SECOND = 10;
const START = Date.UTC(2026, 5, 1, 9, 20);

const REASONS = [
  'new row for relation "page" violates check constraint "page_views_check"',
  'value "9223372036854775808" is out of range for type bigint',
  'null value in column "title" of relation "page" violates not-null constraint',
];

/** A board over ten minutes of a service: its database was away for a while, is slow for two partitions, and refused some rows. Another worker holds a batch. */
export async function scene(): Promise<FetchHandler> {
  const clock = manualClock(START);
  const random = seededRandom(7);
  const minute = (): number => (clock.now() - START) / 60_000;
  const sink: Sink = async ({ partition, entries }) => {
    if (minute() > 4 && minute() < 6) throw new SinkUnavailableError('connect ECONNREFUSED 10.0.4.17:5432');
    if (minute() > 8 && [5, 14].includes(partition))
      throw new Error('canceling statement due to lock timeout');
    const rejected = entries.flatMap((_, index) =>
      random() < 0.0004 ? [{ index, reason: REASONS[Math.floor(random() * REASONS.length)] as string }] : [],
    );
    return { rejected };
  };
  const options = { backend: memory({ clock }), clock, partitions: PARTITIONS };
  const buffer = createBuffer({
    ...options,
    sink,
    random: seededRandom(1),
    logger: { warn: () => {}, error: () => {} },
  });
  const handle = board({
    buffer,
    title: 'Sluice: page counters',
    authorize: () => true,
    commandsPerSecond: 100,
    clock,
  });
  const count = (second: number, seconds = 1) => {
    const targets = Math.round(seconds * (60 + 40 * Math.sin(second / 45) + 20 * random()));
    const counted = Array.from({ length: targets }, () => {
      const path = `/docs/${Math.floor(random() ** 2 * 4000)}`;
      return buffer.incr(
        'Page',
        { views: 1 + Math.floor(random() * 3) },
        { path, lang: random() < 0.8 ? 'en' : 'de' },
      );
    });
    return Promise.all(counted);
  };
  const apply = (second: number) => {
    const due = Array.from(
      { length: PARTITIONS_A_SECOND },
      (_, i) => (second * PARTITIONS_A_SECOND + i) % PARTITIONS,
    );
    return Promise.all(due.map((partition) => buffer.processPending(partition)));
  };
  const other = createBuffer({ ...options, random: seededRandom(2), workerName: 'worker-2:4711' });
  const seconds = MINUTES * 60;
  for (let second = 0; second < seconds; second += 1) {
    await clock.until(count(second));
    await clock.until(apply(second));
    if (second === seconds - 1) await clock.until(other.claim(2));
    await clock.advance(1000);
    await clock.until(handle(new Request('http://localhost/api/state')));
  }
  // From now on time passes as it does for those who look.
  let ticks = 0;
  setInterval(() => {
    const second = seconds + Math.floor(ticks / TICKS_A_SECOND);
    void count(second, 1 / TICKS_A_SECOND);
    if (ticks % TICKS_A_SECOND === 0) void apply(second);
    void clock.advance(1000 / TICKS_A_SECOND);
    ticks += 1;
  }, 1000 / TICKS_A_SECOND).unref();
  return handle;
}
