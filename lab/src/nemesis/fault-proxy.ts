import { type Rules, startTcpProxy, type TcpProxy } from '@sluice/test-servers';
import type { Protocol } from './protocols.js';

/** The reply is lost; or the request arrives late, after its sender has lost the connection. */
export type RequestFault = 'lose reply' | 'delay request';

// Longer than it takes to connect again and repeat the request.
const LATE_MS = 400;

/** The only way from the processes to a server. Injects faults into requests of a given kind. */
export class FaultProxy implements AsyncDisposable {
  readonly #proxy: TcpProxy;
  readonly #faults: PendingFaults;

  private constructor(proxy: TcpProxy, faults: PendingFaults) {
    this.#proxy = proxy;
    this.#faults = faults;
  }

  static async open(serverPort: number, protocol: Protocol): Promise<FaultProxy> {
    const faults = new PendingFaults();
    return new FaultProxy(await startTcpProxy(serverPort, () => rulesOf(protocol, faults)), faults);
  }

  get port(): number {
    return this.#proxy.port;
  }

  /** Injects a fault into the next request of a kind. `false`: there was none in time. */
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
function rulesOf(protocol: Protocol, faults: PendingFaults): Rules {
  /** The kinds of the requests since the last reply. */
  const asked = new Set<string>();
  return {
    onRequest(bytes) {
      const kind = protocol.kindOf(bytes.toString('latin1'));
      asked.add(kind);
      return faults.take(kind, 'delay request') ? { lateMs: LATE_MS } : 'pass';
    },
    onReply(bytes) {
      const [kind] = asked;
      // After requests of several kinds, it is uncertain which one this is the reply to.
      const isCertain = asked.size === 1 && kind !== undefined && !protocol.isError(bytes.toString('latin1'));
      asked.clear();
      return isCertain && faults.take(kind, 'lose reply') ? 'lose' : 'pass';
    },
  };
}

/** Faults that wait for a request. */
class PendingFaults {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Resolves when a request took the fault, or with `false` when none did in time. */
  add(kind: string, fault: RequestFault, withinMs: number): Promise<boolean> {
    const waiting = this.#waitingFor(kind, fault);
    return new Promise((resolve) => {
      const taken = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(taken), 1);
        resolve(false);
      }, withinMs);
      waiting.push(taken);
    });
  }

  /** Whether a fault was waiting for this; if so, it has now happened. */
  take(kind: string, fault: RequestFault): boolean {
    const taken = this.#waitingFor(kind, fault).shift();
    taken?.();
    return taken !== undefined;
  }

  #waitingFor(kind: string, fault: RequestFault): (() => void)[] {
    const key = `${fault} ${kind}`;
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.set(key, waiting);
    return waiting;
  }
}
