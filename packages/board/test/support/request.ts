import type { FetchHandler } from '@sluice/board';

const BASE = 'http://board.test';

/** Asks a board as its page does, from the same site. */
export function asker(handle: FetchHandler) {
  const headers = {
    'content-type': 'application/json',
    'sec-fetch-site': 'same-origin',
    'x-sluice-board': '1',
  };
  return {
    get: (path: string, more: Record<string, string> = {}): Promise<Response> =>
      handle(new Request(`${BASE}${path}`, { headers: { ...headers, ...more } })),
    post: (path: string, body: unknown, more: Record<string, string> = {}): Promise<Response> =>
      handle(
        new Request(`${BASE}${path}`, {
          method: 'POST',
          headers: { ...headers, ...more },
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
  };
}
