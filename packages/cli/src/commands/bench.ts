import type { Buffer } from '@sluice/core';
import { erase } from '@sluice/redis';
import {
  type Budget,
  CALLERS,
  HOT_TARGETS,
  hotIncrements,
  newTargets,
  type RoundTrips,
  roundTrips,
  type Throughput,
} from '../bench/measurements.js';
import { placeOn } from '../bench/place.js';
import { EXIT, type ExitCode } from '../exit-code.js';
import { amount } from '../format/amount.js';
import { table } from '../format/table.js';
import { serverOf, withBuffer } from '../server.js';
import type { Session } from '../session.js';

export interface BenchOptions {
  readonly seconds: number;
}

interface Figures extends Throughput {
  readonly roundTrip: RoundTrips;
  readonly hotPerSecond: number;
}

/** Measures what this server does for this machine, under a prefix that nobody else uses, and removes it again. */
export async function bench(session: Session, { seconds }: BenchOptions): Promise<ExitCode> {
  const { signal } = session.world;
  const url = await serverOf(session);
  const server = { ...url, ...placeOn(url.url) };
  try {
    return await withBuffer(
      session,
      async (buffer) => {
        // A server that may drop what it is given is not measured.
        await buffer.validate();
        session.note(`Measuring for ${seconds} s, under the prefix ${server.prefix} …`);
        print(session, await measure(buffer, { ms: seconds * 1000, signal }));
        return EXIT.fine;
      },
      { server, sink: async () => {} },
    );
  } catch (error) {
    if (!signal.aborted) throw error;
    session.note('Stopped.');
    return EXIT.wrong;
  } finally {
    await erase(server);
  }
}

function print(session: Session, figures: Figures): void {
  if (session.isJson) session.printJson(figures);
  else session.print(table(COLUMNS, linesOf(figures)));
}

/** A quarter of the time for single increments, a quarter for hot targets, the rest for new ones. */
async function measure(buffer: Buffer, { ms, signal }: Budget): Promise<Figures> {
  const roundTrip = await roundTrips(buffer, { ms: ms / 4, signal });
  const hotPerSecond = await hotIncrements(buffer, { ms: ms / 4, signal });
  await buffer.processPending();
  const throughput = await newTargets(buffer, { ms: ms / 2, signal });
  return { roundTrip, hotPerSecond, ...throughput };
}

type Line = readonly [what: string, figure: string];

const COLUMNS = [
  { title: '', cell: ([what]: Line) => what },
  { title: '', align: 'right' as const, cell: ([, figure]: Line) => figure },
];

function linesOf({ roundTrip, hotPerSecond, inPerSecond, outPerSecond }: Figures): Line[] {
  return [
    ['one awaited increment, median', `${roundTrip.medianMs.toFixed(2)} ms`],
    ['one awaited increment, 99 of 100', `${roundTrip.p99Ms.toFixed(2)} ms`],
    [`increments of ${HOT_TARGETS} targets by ${CALLERS} callers`, `${amount(hotPerSecond)}/s`],
    ['new targets in', `${amount(inPerSecond)}/s`],
    ['targets out, to a sink that does nothing', `${amount(outPerSecond)}/s`],
  ];
}
