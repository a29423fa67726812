import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nodeListener } from './node-listener.js';
import type { FetchHandler } from './options.js';
import { failure } from './reply.js';

/** Where {@link serve} listens. */
export interface ServeOptions {
  /** By default a free one. */
  readonly port?: number;
  /**
   * An address of this machine. Anyone who reaches it sees the board.
   * @default '127.0.0.1'
   */
  readonly host?: string;
}

/** A server with nothing but a board: {@link serve} starts it. */
export interface BoardServer extends AsyncDisposable {
  /** `http://127.0.0.1:3000/` */
  readonly url: string;
  /** Ends the server, and what is under way with it. */
  close(): Promise<void>;
}

/**
 * Starts a server for a board alone. Rejects with Node's error if it cannot listen there.
 *
 * @example
 * ```ts
 * import { board } from '@sluice/board';
 * import { serve } from '@sluice/board/node';
 *
 * const server = await serve(board({ buffer }), { port: 3000 });
 * console.log(server.url);
 * ```
 */
export async function serve(handle: FetchHandler, options: ServeOptions = {}): Promise<BoardServer> {
  const { port = 0, host = '127.0.0.1' } = options;
  const server = createServer(nodeListener(isLoopback(host) ? onlyLocal(handle) : handle));
  server.listen(port, host);
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const { address, port: listening, family } = server.address() as AddressInfo;
  const shown = family === 'IPv6' ? `[${address}]` : address;
  return { url: `http://${shown}:${listening}/`, close, [Symbol.asyncDispose]: close };
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host);
}

/** Refuses requests for other names: a site may point a name of its own to this machine, and would be let in as the same site. */
function onlyLocal(handle: FetchHandler): FetchHandler {
  return async (request) => {
    const { hostname } = new URL(request.url);
    return isLoopback(hostname) ? handle(request) : failure(403, 'This board is for its own machine alone.');
  };
}
