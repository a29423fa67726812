import type { Failure } from './wire.js';

/**
 * Nothing is loaded from elsewhere, nothing runs but the board's own script, and text cannot become markup: not even by a
 * mistake of the page's.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The page itself. */
export function page(body: string, request: Request): Response {
  return text(body, 'text/html', { 'cache-control': 'no-store' }, request);
}

/** What the page loads. The browser asks each time, and gets it only if it is not what it has. */
export function file(body: string, type: string, tag: string, request: Request): Response {
  const etag = `"${tag}"`;
  const headers = { 'cache-control': 'no-cache', etag };
  if (request.headers.get('if-none-match') !== etag) return text(body, type, headers, request);
  return new Response(null, { status: 304, headers: { ...HEADERS, ...headers } });
}

function text(body: string, type: string, headers: Record<string, string>, { method }: Request): Response {
  return new Response(method === 'HEAD' ? null : body, {
    headers: { ...HEADERS, ...headers, 'content-type': `${type}; charset=utf-8` },
  });
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { ...HEADERS, 'cache-control': 'no-store' } });
}

export function failure(status: number, error: string): Response {
  return json({ error } satisfies Failure, status);
}

/** To a path that may lie behind a proxy, which has it below another one. */
export function redirect(location: string): Response {
  return new Response(null, { status: 308, headers: { ...HEADERS, location } });
}
