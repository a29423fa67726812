import { InvalidInputError, openBuffer, type SluiceBuffer, SluiceError } from '@sluice/core';
import { aggregate, check } from './check.js';
import { type Database, openDatabase } from './database.js';
import { type Flights, openFlights } from './flights.js';
import { HELP, type Options, parseOptions, UsageError } from './options.js';
import { startProgress } from './progress.js';
import { replay } from './replay.js';
import { describeAirports, describeRun } from './report.js';
import type { FlightSchema } from './totals.js';

/** Why a run stops, in words for the user. */
class Failure extends Error {}

const SHOWN_DIFFERENCES = 10;

async function run({ url, events }: Options): Promise<void> {
  const flights = await openFlights(events);
  console.log(`Replaying ${flights.count.toLocaleString('en')} flights into PostgreSQL …`);
  await using database = await openDatabase();
  await using buffer = await openBuffer<FlightSchema>({ url, sink: database.sink });
  buffer.on('retry', ({ error }) => console.error('A batch is tried again:', error));
  await refuseLeftovers(buffer);
  await replayWithProgress(flights, buffer);
  await checkAll(flights, database, buffer);
}

async function replayWithProgress(flights: Flights, buffer: SluiceBuffer<FlightSchema>): Promise<void> {
  const progress = startProgress(flights.count);
  const done = await replay(flights, buffer, progress.update).finally(progress.stop);
  console.log(`\n${describeRun(flights.count, done)}\n`);
}

async function checkAll(
  flights: Flights,
  database: Database,
  buffer: SluiceBuffer<FlightSchema>,
): Promise<void> {
  const rows = await database.rows();
  console.log(`${describeAirports(rows)}\n`);
  const wrong = check(await aggregate(flights), rows);
  for (const line of wrong.slice(0, SHOWN_DIFFERENCES)) console.error(line);
  if (wrong.length > 0) throw new Failure(`checked ${rows.size} rows: ${wrong.length} do not match the file`);
  const left = await held(buffer);
  if (left > 0) throw new Failure(`all rows match, but the backend still holds ${left} entries`);
  console.log(`checked ${rows.size} rows: all match`);
}

/** Increments of an earlier run, or of something else, would be counted into this run's rows. */
async function refuseLeftovers(buffer: SluiceBuffer<FlightSchema>): Promise<void> {
  const left = await held(buffer);
  if (left === 0) return;
  throw new Failure(
    `The backend holds entries of another program, or of a run that was stopped (${left}),
and this run would apply them too. Use an empty database of that server (redis://127.0.0.1:6379/1),
or delete the keys that begin with "sluice:".`,
  );
}

async function held(buffer: SluiceBuffer<FlightSchema>): Promise<number> {
  const { held, pending, claimed, dead } = await buffer.stats();
  return held + pending + claimed + dead;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) console.log(HELP);
    else await run(options);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof InvalidInputError;
    const isExpected = isUsage || error instanceof Failure || error instanceof SluiceError;
    console.error(isExpected ? error.message : error);
    if (isUsage) console.error('See npm start -- --help');
    return isUsage ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
