import type { Time } from './time.js';

/** Something that happened in a run. */
export interface Moment {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  /** The partition that it concerns; left out if it concerns all. */
  readonly partition?: number;
}

/** All that happened in a run, to be read when something is wrong. */
export class Trace {
  readonly #time: Time;
  readonly #startedAt: number;
  readonly #moments: Moment[] = [];

  constructor(time: Time) {
    this.#time = time;
    this.#startedAt = time.now;
  }

  add(who: string, what: string, partition?: number): void {
    const at = this.#time.now;
    this.#moments.push({ at, who, what, ...(partition !== undefined && { partition }) });
  }

  /** The lines that concern the partitions of some targets, and those that concern all; without paths, all lines. */
  about(paths: readonly string[]): string[] {
    const isMentioned = ({ what }: Moment) => paths.some((path) => what.includes(`${path}:`));
    const partitions = new Set(this.#moments.filter(isMentioned).map(({ partition }) => partition));
    return this.#moments
      .filter(({ partition }) => paths.length === 0 || partition === undefined || partitions.has(partition))
      .map((moment) => this.#line(moment));
  }

  #line({ at, who, what, partition }: Moment): string {
    const seconds = ((at - this.#startedAt) / 1000).toFixed(3).padStart(10);
    return `${seconds} s  ${who.padEnd(10)} ${partition === undefined ? '' : `[${partition}] `}${what}`;
  }
}
