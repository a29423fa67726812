import { createRequire } from 'node:module';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** One departure. Delay is in minutes, and negative for a flight that was early. */
export interface Flight {
  readonly departure: Date;
  readonly delay: number;
  readonly miles: number;
  readonly origin: string;
  readonly destination: string;
}

/** The flights of the file in order of departure, as the arrays in which they are stored. */
export interface Flights {
  readonly count: number;
  read(): AsyncGenerator<Flight[]>;
}

// The package exports only its entry file; its data lies beside it.
const ENTRY = createRequire(import.meta.url).resolve('vega-datasets');
const FILE = join(ENTRY, '../../data/flights-3m.parquet');

/** Opens the file: its first `limit` flights. */
export async function openFlights(limit: number): Promise<Flights> {
  const file = await asyncBufferFromFile(FILE);
  const metadata = await parquetMetadataAsync(file);
  const count = Math.min(limit, Number(metadata.num_rows));

  async function* read(): AsyncGenerator<Flight[]> {
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = Math.min(rowStart + Number(group.num_rows), count);
      if (rowStart >= rowEnd) return;
      const rows = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd });
      yield rows.map(flightOf);
      rowStart = rowEnd;
    }
  }
  return { count, read };
}

function flightOf(row: Record<string, unknown>): Flight {
  return {
    departure: row.date as Date,
    delay: Number(row.delay),
    miles: Number(row.distance),
    origin: row.origin as string,
    destination: row.destination as string,
  };
}
