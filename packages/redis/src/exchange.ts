import type { ClientStream } from './connection.js';
import { isUnsent, toBackendError, unavailable } from './errors.js';

/** What is known of a client's socket, which changes as it reconnects. */
interface Wire {
  readonly stream?: ClientStream | undefined;
}

/**
 * Sends a command over a wire and waits for the reply. A large one may take longer than the timeout, as long as bytes
 * arrive. Rejects with a `BackendError`.
 */
export function exchange<T>(
  command: () => Promise<T>,
  wire: Wire,
  timeoutMs: number,
  onTimeout: () => void = () => {},
): Promise<T> {
  return replyInTime(send(command, wire), wire, timeoutMs, onTimeout);
}

/** What is sent in one tick leaves together: a packet for each command would wake the server as often. */
function send<T>(command: () => Promise<T>, { stream }: Wire): Promise<T> {
  if (stream !== undefined && stream.writableCorked === 0) {
    stream.cork();
    process.nextTick(() => stream.uncork());
  }
  return command();
}

// How many times the timeout a reply may take in all, while more of it keeps coming.
const MOST_WAITS = 12;

function replyInTime<T>(reply: Promise<T>, wire: Wire, timeoutMs: number, onTimeout: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout;
    const wait = (waits: number, seen: number | undefined): void => {
      timer = setTimeout(() => {
        const read = wire.stream?.bytesRead;
        if (read !== seen && waits < MOST_WAITS) return wait(waits + 1, read);
        reject(unavailable(`no reply in ${timeoutMs} ms`, true));
        onTimeout();
      }, timeoutMs);
    };
    wait(1, wire.stream?.bytesRead);
    reply.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(toBackendError(error, !isUnsent(error)));
      },
    );
  });
}
