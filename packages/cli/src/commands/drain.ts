import type { Buffer, ProcessReport } from '@sluice/core';
import { EXIT, type ExitCode } from '../exit-code.js';
import { amount, counted } from '../format/amount.js';
import { printable } from '../format/printable.js';
import { pause } from '../pause.js';
import { loggerOf, withBuffer } from '../server.js';
import type { Session } from '../session.js';
import { loadSink } from '../sink-module.js';

export interface DrainOptions {
  readonly sink: string;
  /** Seconds after which it gives up what is retried or busy, and a sink that hangs. */
  readonly timeout: number;
}

/** How long a server may be away before it is given up. */
const LONGEST_OUTAGE_MS = 30_000;

/** What the rounds so far came to. */
type Total = Pick<ProcessReport, 'batches' | 'entries' | 'buried'>;

/**
 * Applies what is pending now with a sink of the user's, as a worker does: exactly once if the sink is exact, beside
 * workers that run. It waits for batches that fail or that others hold, and ends when a round left nothing behind.
 */
export async function drain(session: Session, { sink: path, timeout }: DrainOptions): Promise<ExitCode> {
  const { sink, close } = await loadSink(session, path);
  try {
    return await withBuffer(session, (buffer) => applyAll(session, buffer, timeout), {
      sink,
      logger: loggerOf(session),
      sinkTimeoutMs: Math.ceil(timeout * 1000),
      writeTimeoutMs: Math.ceil(Math.min(LONGEST_OUTAGE_MS, timeout * 1000)),
    });
  } finally {
    await close();
  }
}

async function applyAll(session: Session, buffer: Buffer, timeoutSeconds: number): Promise<ExitCode> {
  const { clock, signal } = session.world;
  listen(session, buffer);
  const deadline = clock.now() + timeoutSeconds * 1000;
  let total: Total = { batches: 0, entries: 0, buried: 0 };
  for (;;) {
    const round = await untilStopped(buffer, signal);
    total = added(total, round);
    const { retried, busy, dueInMs = 0 } = round;
    const isDone = retried === 0 && busy.length === 0;
    const isOver = signal.aborted || clock.now() + dueInMs > deadline;
    if (isDone || isOver) return report(session, total, isDone && !signal.aborted, busy);
    await pause(clock, Math.max(dueInMs, 50), signal);
  }
}

/** A round of all partitions. When the user wants to stop, the buffer closes: batches under way end, or are given back. */
async function untilStopped(buffer: Buffer, signal: AbortSignal): Promise<ProcessReport> {
  const stop = (): void => void buffer.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await buffer.processPending();
  } catch (error) {
    if (!signal.aborted) throw error;
    return { batches: 0, entries: 0, retried: 0, buried: 0, busy: [] };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function added(total: Total, round: Total): Total {
  return {
    batches: total.batches + round.batches,
    entries: total.entries + round.entries,
    buried: total.buried + round.buried,
  };
}

function report(session: Session, total: Total, isDone: boolean, busy: readonly number[]): ExitCode {
  if (session.isJson) session.printJson({ ...total, done: isDone, busy });
  else {
    session.print(
      `${counted(total.entries, 'target')} applied, in ${total.batches === 1 ? '1 batch' : `${amount(total.batches)} batches`}.`,
    );
    if (total.buried > 0)
      session.print(`${counted(total.buried, 'dead letter')} more: see \`sluice dead list\`.`);
    if (!isDone)
      session.print(
        'Some are still pending, or in a batch that fails or that a worker holds: see `sluice status`.',
      );
  }
  return isDone && total.buried === 0 ? EXIT.fine : EXIT.wrong;
}

/** Says on the way what goes wrong. */
function listen(session: Session, buffer: Buffer): void {
  buffer.on('retry', ({ batch, error, delayMs }) =>
    session.note(
      `Partition ${batch.partition}, delivery ${batch.attempt} of its batch failed, again in ${delayMs} ms: ${textOf(error)}`,
    ),
  );
  buffer.on('buried', ({ batch, entries, unreadable, reason }) =>
    session.note(
      `Partition ${batch.partition}: ${counted(entries.length + unreadable, 'dead letter')}, the first because: ${printable(reason)}`,
    ),
  );
}

function textOf(error: unknown): string {
  return printable(error instanceof Error ? error.message : String(error));
}
