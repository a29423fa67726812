import { PAGE_HEADER } from './wire.js';

/**
 * Whether another site may have made a browser send the request. Browsers say where a request comes from; programs that
 * are no browsers say nothing, and nobody can make them send anything.
 */
export function isCrossSite(request: Request): boolean {
  const { headers, method } = request;
  if (method === 'POST' && !headers.has(PAGE_HEADER)) return true;
  const site = headers.get('sec-fetch-site');
  // `none`: a user typed the address.
  if (site !== null) return site !== 'same-origin' && !(site === 'none' && method === 'GET');
  const origin = headers.get('origin');
  // Without the scheme, which a proxy may change.
  return origin !== null && origin.replace(/^https?:\/\//, '') !== hostOf(request);
}

function hostOf({ headers, url }: Request): string {
  return headers.get('host') ?? new URL(url).host;
}
