import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and can lose what the server answers. */
export interface TcpProxy extends AsyncDisposable {
  readonly url: string;
  /** Replies lost so far, each with its connection. */
  readonly lost: number;
  /** Decides, for each chunk of replies, whether it is lost and the connection cut. */
  loseReply: () => boolean;
}

/** Starts a proxy on a free port. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const proxy = { url: '', lost: 0, loseReply: () => false, [Symbol.asyncDispose]: stop };
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const cut = (): void => void [client, upstream].map((socket) => socket.destroy());
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (proxy.loseReply()) {
        proxy.lost += 1;
        cut();
      } else {
        client.write(chunk);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `redis://127.0.0.1:${(server.address() as { port: number }).port}`;

  async function stop(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
  return proxy;
}
