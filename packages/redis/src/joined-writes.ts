import { nextTick } from 'node:process';
import { isReply, toBackendError } from './errors.js';

/** Targets that writes have that go together, at most: the script must not keep the server from others for long. */
const MOST_TARGETS = 64;

/** What the script gets for a write, and how many targets it has. */
interface WriteCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
  readonly targets: number;
}

interface WaitingCall extends WriteCall {
  resolve(reply: unknown): void;
  reject(error: unknown): void;
}

/** Runs the script for some writes; resolves with a reply for each, which may be an error. */
type Run = (keys: readonly string[], args: readonly (string | number)[]) => Promise<readonly unknown[]>;

/**
 * Small writes of several partitions that are sent in one tick go in one call of the script: a call alone costs the server
 * as much as a small write.
 */
export class JoinedWrites {
  readonly #isCluster: boolean;
  readonly #run: Run;
  #waiting: WaitingCall[] = [];

  constructor(isCluster: boolean, run: Run) {
    this.#isCluster = isCluster;
    this.#run = run;
  }

  send(call: WriteCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) nextTick(() => this.#sendAll());
      this.#waiting.push({ ...call, resolve, reject });
    });
  }

  #sendAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    // A script must keep to the keys of one node.
    const groups = this.#isCluster ? waiting.map((call) => [call]) : joined(waiting);
    for (const calls of groups) void this.#sendTogether(calls);
  }

  async #sendTogether(calls: readonly WaitingCall[]): Promise<void> {
    try {
      const replies = await this.#run(
        calls.flatMap(({ keys }) => keys),
        calls.flatMap(({ args }) => args),
      );
      for (const [i, { resolve, reject }] of calls.entries()) {
        if (isReply(replies[i])) reject(toBackendError(replies[i], true));
        else resolve(replies[i]);
      }
    } catch (error) {
      // One of them may be to blame. Those that were applied before it are duplicates now.
      const isRefused = calls.length > 1 && isReply((error as { readonly cause?: unknown }).cause);
      for (const call of calls) {
        if (isRefused) void this.#sendTogether([call]);
        else call.reject(error);
      }
    }
  }
}

/** The calls in groups of few targets. */
function joined(calls: readonly WaitingCall[]): WaitingCall[][] {
  const groups: WaitingCall[][] = [];
  let targets = Number.POSITIVE_INFINITY;
  for (const call of calls) {
    targets += call.targets;
    if (targets > MOST_TARGETS) {
      groups.push([]);
      targets = call.targets;
    }
    groups.at(-1)?.push(call);
  }
  return groups;
}
