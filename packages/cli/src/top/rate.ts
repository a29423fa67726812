import type { Look } from './look.js';

/** Reads a number from a look. */
export type Read = (look: Look) => number;

/** The change a second since the look before, which comes second; `undefined` if there is none. */
export function changeASecond([now, before]: readonly Look[], read: Read): number | undefined {
  if (now === undefined || before === undefined || now.at <= before.at) return undefined;
  return ((read(now) - read(before)) / (now.at - before.at)) * 1000;
}

/** How fast a counter rises. It falls where data was erased or went back to an earlier state: then nothing is known. */
export function risingASecond(looks: readonly Look[], read: Read): number | undefined {
  const change = changeASecond(looks, read);
  return change !== undefined && change < 0 ? undefined : change;
}
