import type { Flights } from './flights.js';
import { nameOf, type Rows, type Totals } from './totals.js';

/** What the database must hold: the file read once more and added up in a Map, without Sluice and without SQL. */
export async function aggregate(flights: Flights): Promise<Rows> {
  const rows: Rows = new Map();
  for await (const group of flights.read()) {
    for (const { origin, destination, delay, miles, departure } of group) {
      for (const name of [nameOf(origin), nameOf(origin, destination)]) {
        const totals = rows.get(name) ?? { flights: 0, delay: 0, miles: 0, lastDeparture: departure };
        totals.flights += 1;
        totals.delay += delay;
        totals.miles += miles;
        if (departure > totals.lastDeparture) totals.lastDeparture = departure;
        rows.set(name, totals);
      }
    }
  }
  return rows;
}

/** What is wrong with the actual rows: one line for each row that differs, is missing, or should not be there. */
export function check(expected: Rows, actual: Rows): string[] {
  const wrong = [...expected].flatMap(([name, totals]) => {
    const found = actual.get(name);
    if (found === undefined) return [`${name} is missing: expected ${describe(totals)}`];
    const [want, have] = [describe(totals), describe(found)];
    return want === have ? [] : [`${name} differs: expected ${want}; the database has ${have}`];
  });
  const extra = [...actual].filter(([name]) => !expected.has(name));
  return [...wrong, ...extra.map(([name, totals]) => `${name} should not be there: ${describe(totals)}`)];
}

function describe({ flights, delay, miles, lastDeparture }: Totals): string {
  return `${flights} flights, ${delay} min, ${miles} miles, last ${lastDeparture.toISOString()}`;
}
