import { BackendError } from '@sluice/core';
import { EXIT, type ExitCode } from '../exit-code.js';
import { printable } from '../format/printable.js';
import { CLOSE_SCREEN, drawn, OPEN_SCREEN } from '../format/screen.js';
import { pause } from '../pause.js';
import { withBuffer } from '../server.js';
import type { Session } from '../session.js';
import { frame } from '../top/frame.js';
import type { Look } from '../top/look.js';
import { serverStats, summary } from './status.js';

export interface TopOptions {
  /** Seconds from one look to the next. */
  readonly interval: number;
  /** Looks until it ends by itself. */
  readonly count: number;
}

/** Looks that are kept: as many as a sparkline has bars. */
const MOST_LOOKS = 60;

/** Watches the server until it is stopped: a screen in a terminal, a line a look elsewhere. */
export async function top(session: Session, options: TopOptions): Promise<ExitCode> {
  const isScreen = session.world.isTerminal && !session.isJson;
  if (!isScreen) return watch(session, options, session.isJson ? jsonLine : textLine);
  session.world.out(OPEN_SCREEN);
  try {
    return await watch(session, options, (session, looks, trouble) => {
      const picture = frame(session, looks, options.interval);
      const failure = trouble && session.colors.red(printable(trouble.message));
      const { rows } = session.world.size();
      session.world.out(drawn(failure === undefined ? picture : `${failure}\n${picture}`, rows));
    });
  } finally {
    session.world.out(CLOSE_SCREEN);
  }
}

/** Shows the looks, the latest first; with trouble, the one after it failed. */
type Show = (session: Session, looks: Looks, trouble?: BackendError) => void;

type Looks = readonly [Look, ...Look[]];

async function watch(session: Session, { interval, count }: TopOptions, show: Show): Promise<ExitCode> {
  const { clock, signal } = session.world;
  return withBuffer(session, async (buffer) => {
    const look = async (): Promise<Look> => ({ stats: await buffer.stats(), at: clock.now() });
    let looks: Looks = [await look()];
    let trouble: BackendError | undefined;
    for (let made = 1; ; made += 1) {
      show(session, looks, trouble);
      if (made < count) await pause(clock, interval * 1000, signal);
      if (made >= count || signal.aborted) return trouble === undefined ? EXIT.fine : EXIT.wrong;
      try {
        looks = [await look(), ...looks.slice(0, MOST_LOOKS - 1)];
        trouble = undefined;
      } catch (error) {
        // Who watches a server that is away wants to see it come back.
        if (!(error instanceof BackendError)) throw error;
        trouble = error;
      }
    }
  });
}

const jsonLine: Show = (session, [{ at, stats }], trouble) => {
  if (trouble !== undefined) session.fail(trouble.message, trouble.code);
  else session.printJson({ at: new Date(at).toISOString(), ...serverStats(stats) });
};

const textLine: Show = (session, [{ at, stats }], trouble) => {
  if (trouble !== undefined) session.fail(trouble.message, trouble.code);
  else session.print(`${new Date(at).toISOString()} ${summary(stats)}`);
};
