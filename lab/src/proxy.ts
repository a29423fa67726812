import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './ports.js';

/** Tells of what kind the requests in some bytes are, if it is one that a fault is about. */
export type Classify = (bytes: string) => string;

/** Stands between the children and a server: loses replies, and cuts connections. */
export class TcpProxy implements AsyncDisposable {
  readonly #classify: Classify;
  readonly #connections = new Set<() => void>();
  /** For each kind of request, those who wait for the next reply to it to be lost. */
  readonly #wanted = new Map<string, (() => void)[]>();
  readonly #server = createServer((client) => this.#connect(client));
  readonly #upstreamPort: number;

  private constructor(upstreamPort: number, classify: Classify) {
    this.#upstreamPort = upstreamPort;
    this.#classify = classify;
  }

  static async open(upstreamPort: number, classify: Classify): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstreamPort, classify);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return portOf(this.#server);
  }

  /** Loses the next reply to a request of this kind, with its connection. `false`: there was none in time. */
  loseReply(kind: string, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#wanted.get(kind) ?? [];
      this.#wanted.set(kind, waiting);
      const lost = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(lost), 1);
        resolve(false);
      }, withinMs);
      waiting.push(lost);
    });
  }

  /** Cuts all connections; answers how many there were. */
  cut(): number {
    const count = this.#connections.size;
    for (const cut of this.#connections) cut();
    return count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #connect(client: Socket): void {
    const upstream = connect(this.#upstreamPort, '127.0.0.1');
    /** The kinds of what was asked since the last reply. */
    const asked = new Set<string>();
    const cut = (): void => {
      this.#connections.delete(cut);
      client.destroy();
      upstream.destroy();
    };
    this.#connections.add(cut);
    for (const socket of [client, upstream]) socket.setNoDelay().on('error', cut).on('close', cut);
    client.on('data', (bytes) => {
      asked.add(this.#classify(bytes.toString('latin1')));
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (this.#loses(asked)) cut();
      else client.write(bytes);
      asked.clear();
    });
  }

  /** Whether the reply at hand is lost. If things of several kinds were asked, nobody knows what it replies to. */
  #loses(asked: ReadonlySet<string>): boolean {
    const [kind] = asked;
    if (asked.size !== 1 || kind === undefined) return false;
    const lost = this.#wanted.get(kind)?.shift();
    lost?.();
    return lost !== undefined;
  }
}

/** What a child asks of Redis, by the keys that its script touches. */
export function kindOfScript(bytes: string): string {
  if (!/\beval(sha)?\r\n/i.test(bytes)) return 'other';
  if (bytes.includes(':producer:')) return 'write';
  return bytes.includes(':pending\r\n') ? 'claim' : 'settlement';
}

/** What a worker asks of PostgreSQL. */
export function kindOfStatement(bytes: string): string {
  return /\bcommit\b/i.test(bytes) ? 'COMMIT' : 'other';
}
