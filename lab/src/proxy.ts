import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { portOf } from './ports.js';

/** Tells of what kind the requests in some bytes are, if it is one that a fault is about. */
export type Classify = (bytes: string) => string;

/** What can happen to a request: its reply is lost; or it arrives late, when its sender has long lost patience. */
export type Mishap = 'reply lost' | 'late';

// Longer than it takes to connect again and repeat the request.
const LATE_MS = 400;

/** Stands between the children and a server: loses replies, delays requests, and cuts connections. */
export class TcpProxy implements AsyncDisposable {
  readonly #classify: Classify;
  readonly #connections = new Set<() => void>();
  /** For each mishap, and each kind of request, those who wait for it to happen to the next one. */
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

  /** Lets something happen to the next request of a kind. `false`: there was none in time. */
  befall(mishap: Mishap, kind: string, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = this.#waitingFor(mishap, kind);
      const happened = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(happened), 1);
        resolve(false);
      }, withinMs);
      waiting.push(happened);
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
      const kind = this.#classify(bytes.toString('latin1'));
      asked.add(kind);
      if (this.#happens('late', kind)) arriveLate(client, upstream, bytes);
      else upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      const [kind] = asked;
      // If things of several kinds were asked, nobody knows what this replies to.
      const lost = asked.size === 1 && kind !== undefined && this.#happens('reply lost', kind);
      asked.clear();
      if (lost) cut();
      else client.write(bytes);
    });
  }

  /** Whether someone waits for this to happen; if so, it has. */
  #happens(mishap: Mishap, kind: string): boolean {
    const happened = this.#waitingFor(mishap, kind).shift();
    happened?.();
    return happened !== undefined;
  }

  #waitingFor(mishap: Mishap, kind: string): (() => void)[] {
    const waiting = this.#wanted.get(`${mishap} ${kind}`) ?? [];
    this.#wanted.set(`${mishap} ${kind}`, waiting);
    return waiting;
  }
}

/** The sender sees its connection end; what it sent goes on to the server after a while. */
function arriveLate(client: Socket, upstream: Socket, bytes: Buffer): void {
  client.removeAllListeners('close').destroy();
  setTimeout(() => upstream.end(bytes), LATE_MS);
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
