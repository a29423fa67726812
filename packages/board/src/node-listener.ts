import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FetchHandler } from './options.js';
import { failure } from './reply.js';
import { withoutAddresses } from './shown.js';

/** Takes requests as Node's own servers, Express, and Fastify with its `raw` requests have them. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** What frameworks add to a request. */
interface Framed {
  /** The path before a framework cut off what it is mounted at. */
  readonly originalUrl?: string;
  /** The body, if a framework has read it. */
  readonly body?: unknown;
}

/** By the request that a board gets. */
const incoming = new WeakMap<Request, IncomingMessage>();

/**
 * The request of Node that a board's request was made of, with all that the framework put on it: for `authorize`.
 *
 * @example
 * ```ts
 * import { board } from '@sluice/board';
 * import { incomingOf } from '@sluice/board/node';
 *
 * const isAdmin = (request: object | undefined) => request !== undefined && 'user' in request;
 * const handle = board({ buffer, authorize: (request) => isAdmin(incomingOf(request)) });
 * ```
 */
export function incomingOf(request: Request): IncomingMessage | undefined {
  return incoming.get(request);
}

/**
 * Makes a board's handler a listener for the servers of Node. What the handler rejects with becomes a process warning, and
 * status 500.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { board } from '@sluice/board';
 * import { nodeListener } from '@sluice/board/node';
 *
 * createServer(nodeListener(board({ buffer }))).listen(3000, '127.0.0.1');
 * ```
 */
export function nodeListener(handle: FetchHandler): NodeListener {
  return async (message, response) => {
    try {
      const request = requestOf(message);
      if (request === undefined) return await send(failure(400, 'This request cannot be read.'), response);
      incoming.set(request, message);
      await send(await handle(request), response);
    } catch (error) {
      // Who goes in the middle of a request is no news.
      if (message.destroyed && !message.complete) return;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.emitWarning(withoutAddresses(text), { type: 'SluiceWarning' });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  };
}

/** Returns nothing if there can be no such request: of the method TRACE, or for a host that is none. */
function requestOf(message: IncomingMessage & Framed): Request | undefined {
  const { method = 'GET', originalUrl, url = '/' } = message;
  const init = { method, headers: headersOf(message) };
  const hasBody = method !== 'GET' && method !== 'HEAD';
  try {
    return new Request(
      `${originOf(message)}${pathOf(originalUrl ?? url)}`,
      hasBody ? { ...init, ...bodyOf(message) } : init,
    );
  } catch {
    return undefined;
  }
}

function originOf({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? headers[':authority'] ?? 'localhost';
  return `${'encrypted' in socket ? 'https' : 'http'}://${host}`;
}

/** The host is what the header says: neither a path such as `//other.test/`, nor a whole address, must name another one. */
function pathOf(target: string): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}

function headersOf({ headers }: IncomingMessage): Headers {
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    // In HTTP/2 the method and the path are among them.
    if (name.startsWith(':')) continue;
    for (const each of [value ?? []].flat()) copied.append(name, each);
  }
  return copied;
}

function bodyOf(message: IncomingMessage & Framed) {
  const { body } = message;
  if (body === undefined) return { body: Readable.toWeb(message) as ReadableStream, duplex: 'half' as const };
  return { body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** All that a board sends is text. */
async function send(reply: Response, response: ServerResponse): Promise<void> {
  const body = await reply.text();
  response.writeHead(reply.status, Object.fromEntries(reply.headers));
  response.end(body);
}
