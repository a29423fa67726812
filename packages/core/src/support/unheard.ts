import { SluiceError, type SluiceErrorCode } from '../errors.js';
import type { BufferEvents, Unheard } from '../events.js';
import type { Log } from '../logger.js';
import type { Batch } from '../schema.js';
import { codedReasonOf, reasonOf } from './reason.js';
import { excerpt, messageOf } from './text.js';

/** Logs the events that nobody listens for, so that no failure is silent: see `docs/processing.md`. */
export function logUnheard(log: Log): Unheard {
  /** What was logged last of each partition's retries: a batch that goes on failing alike is logged once. */
  const retried = new Map<number, string>();
  /** What functions of the user threw: a bug in one that every batch calls would fill the log. */
  const thrown = new Set<string>();
  const logs: { readonly [E in keyof BufferEvents]: (detail: BufferEvents[E]) => void } = {
    processed: () => {},
    retry: ({ batch, error, delayMs }) => {
      const reason = codedReasonOf(error);
      const failure = `${batch.id} ${reason}`;
      if (retried.get(batch.partition) === failure) return;
      retried.set(batch.partition, failure);
      log.warn(
        `The sink failed on ${nameOf(batch)}: ${reason}. The batch is delivered again in ${delayMs} ms; while it fails for the same reason, that is not logged again.`,
      );
    },
    buried: ({ batch, entries, unreadable, reason }) => {
      const all = batch.entries.length + unreadable;
      log.error(
        `${entries.length + unreadable} of ${all} entries of ${nameOf(batch)} became dead letters: ${reasonOf(reason)}. They are kept: look at them with deadLetters.list(), remove the cause, then redrive() or discard() them.`,
      );
    },
    lost: ({ partition, producer, from, to, reason }) => {
      log.error(
        `Partition ${partition}: the backend no longer has writes ${from} to ${to} of producer ${producer}, which it acknowledged (${reason}). Their increments may not have been applied. Find out what removed its data; validate() says what its settings allow.`,
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

/** The codes of errors that are about what a listener, or a function among the options, threw. */
const THROWN = /* @__PURE__ */ new Set<SluiceErrorCode>([
  'ERR_SLUICE_LISTENER_FAILED',
  'ERR_SLUICE_INVALID_OPTION',
]);
const MOST_THROWN = 100;

const MODELS_NAMED = 5;

function nameOf({ id, partition, attempt, entries }: Batch): string {
  const models = [...new Set(entries.map(({ model }) => excerpt(model, 40)))];
  const more = models.length > MODELS_NAMED ? ` and ${models.length - MODELS_NAMED} more` : '';
  const named = models.length === 0 ? '' : `; models ${models.slice(0, MODELS_NAMED).join(', ')}${more}`;
  return `batch ${excerpt(id)} (partition ${partition}, attempt ${attempt}${named})`;
}
