import { SluiceError, type SluiceErrorCode } from '../errors.js';
import type { BufferEvents, Unheard } from '../events.js';
import type { Log } from '../logger.js';
import type { Batch } from '../schema.js';
import { type Clock, systemClock } from './clock.js';
import { DropLog } from './drop-log.js';
import { FailingBatches } from './failing-batches.js';
import { codedReasonOf, reasonOf } from './reason.js';
import { excerpt, messageOf } from './text.js';

/** Logs the events that nobody listens for, so that no failure is silent: see `docs/processing.md`. */
export function logUnheard(log: Log, clock: Clock = systemClock): Unheard {
  const failing = new FailingBatches(clock);
  const drops = new DropLog(clock);
  /** What the user's functions threw: a bug in one that is called for every batch would fill the log. */
  const thrown = new Set<string>();
  const logs: { readonly [E in keyof BufferEvents]: (detail: BufferEvents[E]) => void } = {
    processed: ({ batch }) => {
      const over = failing.applied(batch);
      if (over === undefined) return;
      log.warn(
        `The sink applies batches again: ${nameOf(batch)} was applied, ${inSeconds(over.forMs)} after the first failure: ${excerpt(over.reason, 100)}`,
      );
    },
    retry: ({ batch, error, delayMs, failures, ageMs }) => {
      const reason = codedReasonOf(error);
      const news = failing.failed(batch, reason, delayMs);
      if (news === undefined) return;
      const since = news.forMs > 0 ? `has been failing for ${inSeconds(news.forMs)}, now` : 'failed';
      const waiting = news.forMs > 0 ? `; the batch has waited for ${inSeconds(ageMs)}` : '';
      const counted = failures > 0 ? ` (failures that count for maxAttempts: ${failures})` : '';
      log.warn(
        `The sink ${since} on ${nameOf(batch)}: ${reason}. It is delivered again in ${delayMs} ms${waiting}${counted}. This reason is not logged again, for any partition, for an hour or longer, unless a batch is applied.`,
      );
    },
    buried: ({ batch, entries, unreadable, reason }) => {
      failing.buried(batch);
      const all = batch.entries.length + unreadable;
      log.error(
        `${entries.length + unreadable} of ${all} entries of ${nameOf(batch)} became dead letters: ${reasonOf(reason)}. They are kept: see deadLetters.list(); remove the cause, then redrive() or discard() them.`,
      );
    },
    lost: ({ partition, producer, from, to, reason, targets }) => {
      const which =
        targets === undefined
          ? ''
          : `: ${targets
              .slice(0, TARGETS_NAMED)
              .map((key) => excerpt(key))
              .join(', ')}`;
      log.error(
        `Partition ${partition}: the backend no longer has writes ${from} to ${to} of producer ${producer}, which it acknowledged (${reason}${which}). Their increments may not have been applied. Find out what removed its data; validate() says what its settings allow.`,
      );
    },
    dropped: ({ model, increments, error }) => {
      const news = drops.dropped(codedReasonOf(error), increments);
      if (news === 0) return;
      log.error(
        `Increments that count() took were dropped: ${news}, the last of them of ${excerpt(model, 40)}: ${codedReasonOf(error)}. This reason is logged again after a minute, with how many there were; stats() has the total.`,
        error instanceof SluiceError ? error.code : undefined,
      );
    },
    error: (error) => {
      const code = error instanceof SluiceError ? error.code : undefined;
      if (code === undefined || !THROWN.has(code)) return log.error(messageOf(error), code);
      const failure = reasonOf(error);
      if (thrown.has(failure)) return;
      if (thrown.size >= MOST_THROWN) thrown.clear();
      thrown.add(failure);
      log.error(`${failure}. While it throws the same, that is not logged again.`, code);
    },
  };
  return (event, detail) => logs[event](detail);
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** The codes of errors that are about what a listener, or a function among the options, threw. */
const THROWN = /* @__PURE__ */ new Set<SluiceErrorCode>([
  'ERR_SLUICE_LISTENER_FAILED',
  'ERR_SLUICE_INVALID_OPTION',
]);
const MOST_THROWN = 100;

const MODELS_NAMED = 5;
const TARGETS_NAMED = 5;

function nameOf({ id, partition, attempt, entries }: Batch): string {
  const models = [...new Set(entries.map(({ model }) => excerpt(model, 40)))];
  const more = models.length > MODELS_NAMED ? ` and ${models.length - MODELS_NAMED} more` : '';
  const named = models.length === 0 ? '' : `; models ${models.slice(0, MODELS_NAMED).join(', ')}${more}`;
  return `batch ${excerpt(id)} (partition ${partition}, attempt ${attempt}${named})`;
}
