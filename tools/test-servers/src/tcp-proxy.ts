import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What a proxy does with the bytes of one connection. Bytes without a rule pass. */
export interface Rules {
  /**
   * Decides about bytes from the client. A late request reaches the server although its sender sees a lost connection; an
   * answered one does not reach it. A connection that goes silent stays open, and nothing passes any more in either
   * direction: `onClosed` is called when the client closes it.
   */
  onRequest?(
    bytes: Buffer,
  ): 'pass' | { readonly lateMs: number } | { readonly answer: string } | { readonly onClosed: () => void };
  /** Decides about bytes from the server. Lost bytes take the connection with them. */
  onReply?(bytes: Buffer): 'pass' | 'lose' | { readonly instead: string };
}

/** Stands between clients and a server. */
export interface TcpProxy extends AsyncDisposable {
  /** Where it listens, on the loopback interface. */
  readonly port: number;
  /** Cuts all connections; returns how many there were. */
  cut(): number;
}

/**
 * Starts a proxy on a free port of the loopback interface.
 * @param target where the server listens: a port, or the path of a socket
 * @param rulesFor called for each connection
 */
export async function startTcpProxy(
  target: number | string,
  rulesFor: () => Rules = () => ({}),
): Promise<TcpProxy> {
  const connections = new Set<() => void>();
  const cutAll = (): number => {
    const count = connections.size;
    for (const cut of connections) cut();
    return count;
  };
  const server = createServer((client) => join(client, connectTo(target), rulesFor(), connections));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut: cutAll,
    async [Symbol.asyncDispose]() {
      server.close();
      cutAll();
      await once(server, 'close');
    },
  };
}

function connectTo(target: number | string): Socket {
  return typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
}

/** Connects a client with the server by the rules. `connections` has what cuts each open connection. */
function join(client: Socket, upstream: Socket, rules: Rules, connections: Set<() => void>): void {
  const cut = (): void => {
    connections.delete(cut);
    client.destroy();
    upstream.destroy();
  };
  connections.add(cut);
  for (const socket of [client, upstream]) socket.setNoDelay().on('error', cut).on('close', cut);
  client.on('data', (bytes) => {
    const decision = rules.onRequest?.(bytes) ?? 'pass';
    if (decision === 'pass') upstream.write(bytes);
    else if ('answer' in decision) client.write(decision.answer);
    else if ('lateMs' in decision) sendLate(client, upstream, bytes, decision.lateMs);
    else goSilent(client, upstream, decision.onClosed);
  });
  upstream.on('data', (bytes) => {
    const decision = rules.onReply?.(bytes) ?? 'pass';
    if (decision === 'lose') cut();
    else client.write(decision === 'pass' ? bytes : decision.instead);
  });
}

/** Takes the bytes of both sides and passes none. */
function goSilent(client: Socket, upstream: Socket, onClosed: () => void): void {
  for (const socket of [client, upstream]) socket.removeAllListeners('data').resume();
  // That the server closes the connection does not pass, either.
  upstream.removeAllListeners('close');
  // Not 'close', which also follows when the connection is cut here.
  client.once('end', onClosed).once('error', onClosed);
}

/** Ends the client's connection now; the server gets the bytes, and the end, later. */
function sendLate(client: Socket, upstream: Socket, bytes: Buffer, lateMs: number): void {
  client.removeAllListeners('close').destroy();
  setTimeout(() => upstream.end(bytes), lateMs);
}
