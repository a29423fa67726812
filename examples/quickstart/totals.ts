/** What is counted, per airport and per route. */
export interface Totals {
  flights: number;
  /** Minutes; goes down with every flight that was early. */
  delay: number;
  miles: number;
  lastDeparture: Date;
}

/** Totals by the name of their row. */
export type Rows = Map<string, Totals>;

/** The models, for the compiler: their columns, filters and extra values. */
export interface FlightSchema {
  Airport: {
    columns: 'flights' | 'delay' | 'miles';
    filters: { origin: string };
    extra: { lastDeparture: Date };
  };
  Route: {
    columns: 'flights' | 'delay' | 'miles';
    filters: { origin: string; destination: string };
    extra: { lastDeparture: Date };
  };
}

/** Names the row of an airport (`ATL`) or of a route (`ATL-LAX`). */
export function nameOf(origin: string, destination?: string): string {
  return destination === undefined ? origin : `${origin}-${destination}`;
}
