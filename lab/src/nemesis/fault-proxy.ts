import { type Rules, startTcpProxy, type TcpProxy } from '@sluice/test-servers';
import type { Protocol } from './protocols.js';

/**
 * - `lose reply`: the connection is lost with it.
 * - `delay request`: it arrives after its sender has lost the connection.
 * - `replace reply`: the request was executed, and the client gets an error of the proxy's own.
 * - `refuse request`: the client gets the same error, and the request is not executed.
 * - `go silent`: nothing passes any more, and the connection stays open. Has happened when the client closes it.
 */
export type RequestFault = 'lose reply' | 'delay request' | 'replace reply' | 'refuse request' | 'go silent';

// Longer than it takes to connect again and repeat the request.
const LATE_MS = 400;

const OWN_ERROR = '-ERR upstream failure\r\n';

/** The only way from the processes to a server. Injects faults into requests of a given kind. */
export class FaultProxy implements AsyncDisposable {
  readonly #proxy: TcpProxy;
  readonly #faults: PendingFaults;
  /** The first requests that changed something, as they were sent. */
  readonly tape: Tape;

  private constructor(proxy: TcpProxy, faults: PendingFaults, tape: Tape) {
    this.#proxy = proxy;
    this.#faults = faults;
    this.tape = tape;
  }

  /** @param server where it listens: a port, or the path of a socket */
  static async open(server: number | string, protocol: Protocol): Promise<FaultProxy> {
    const faults = new PendingFaults();
    const tape = new Tape();
    const proxy = await startTcpProxy(server, () => rulesOf(protocol, faults, tape));
    return new FaultProxy(proxy, faults, tape);
  }

  get port(): number {
    return this.#proxy.port;
  }

  /** Injects a fault into the next request of a kind. `false`: it has not happened in time. */
  failNext(kind: string, fault: RequestFault, withinMs: number): Promise<boolean> {
    return this.#faults.add(kind, fault, withinMs);
  }

  /** Cuts all connections; returns how many there were. */
  cut(): number {
    return this.#proxy.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
  }
}

/** The rules of one connection. */
function rulesOf(protocol: Protocol, faults: PendingFaults, tape: Tape): Rules {
  /** The kinds of the requests since the last reply. */
  const asked = new Set<string>();
  const requests = protocol.reader?.();
  const replies = protocol.reader?.();
  /** The requests without a reply, if the protocol tells them apart. */
  const open: string[] = [];
  /** The kind of the only request without a reply, if nothing else is on its way. */
  const onlyKind = (): string | undefined =>
    open.length === 1 && requests?.isWithin === false ? protocol.kindOf(open[0] as string) : undefined;

  return {
    onRequest(bytes) {
      const text = bytes.toString('latin1');
      const kind = protocol.kindOf(text);
      asked.add(kind);
      open.push(...(requests?.take(text) ?? []));
      if (faults.happens(kind, 'delay request')) return { lateMs: LATE_MS };
      if (onlyKind() === kind && text === open[0] && faults.happens(kind, 'refuse request')) {
        open.length = 0;
        asked.clear();
        return { answer: OWN_ERROR };
      }
      const onClosed = faults.take(kind, 'go silent');
      return onClosed === undefined ? 'pass' : { onClosed };
    },
    onReply(bytes) {
      const text = bytes.toString('latin1');
      const only = onlyKind();
      const messages = replies?.take(text) ?? [];
      for (const reply of messages) {
        const request = open.shift();
        if (request !== undefined && protocol.isChange?.(reply))
          tape.record(protocol.kindOf(request), request);
      }
      const [kind] = asked;
      const isCertain = asked.size === 1;
      asked.clear();
      if (protocol.isError(text)) return 'pass';
      if (only !== undefined && messages[0] === text && faults.happens(only, 'replace reply'))
        return { instead: OWN_ERROR };
      // After requests of several kinds, it is uncertain which one this is the reply to.
      return isCertain && kind !== undefined && faults.happens(kind, 'lose reply') ? 'lose' : 'pass';
    },
  };
}

const TAPE_LENGTH = 60;

/** Requests to send again, long after. */
export class Tape {
  readonly #requests = new Map<string, Buffer[]>();

  /** @param request as latin1 */
  record(kind: string, request: string): void {
    const requests = this.#requests.get(kind) ?? [];
    if (requests.length < TAPE_LENGTH) requests.push(Buffer.from(request, 'latin1'));
    this.#requests.set(kind, requests);
  }

  /** The requests of a kind, oldest first. */
  of(kind: string): readonly Buffer[] {
    return this.#requests.get(kind) ?? [];
  }
}

/** Faults that wait for a request. */
class PendingFaults {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when the fault has happened, or with `false` when it has not in time. */
  add(kind: string, fault: RequestFault, withinMs: number): Promise<boolean> {
    const waiting = this.#waitingFor(kind, fault);
    return new Promise((resolve) => {
      const happened = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.delete(happened);
        resolve(false);
      }, withinMs);
      waiting.add(happened);
    });
  }

  /** Takes a fault that was waiting for this; returns what to call when it has happened. */
  take(kind: string, fault: RequestFault): (() => void) | undefined {
    const waiting = this.#waitingFor(kind, fault);
    const [happened] = waiting;
    if (happened !== undefined) waiting.delete(happened);
    return happened;
  }

  /** Whether a fault was waiting for this; if so, it has now happened. */
  happens(kind: string, fault: RequestFault): boolean {
    const happened = this.take(kind, fault);
    happened?.();
    return happened !== undefined;
  }

  #waitingFor(kind: string, fault: RequestFault): Set<() => void> {
    const key = `${fault} ${kind}`;
    const waiting = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, waiting);
    return waiting;
  }
}
