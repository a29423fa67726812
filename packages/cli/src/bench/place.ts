import { randomBytes } from 'node:crypto';

/** A URL, and a prefix below that of its service, so that rights for the one are rights for the other. */
export interface Place {
  readonly url: string;
  readonly prefix: string;
}

/** Keys for a benchmark alone, on the server of a URL. */
export function placeOn(url: string): Place {
  const [address = '', query = ''] = url.split(/\?(.*)/s);
  const parameters = new URLSearchParams(query);
  const prefix = parameters.get('prefix') ?? 'sluice';
  parameters.delete('prefix');
  const others = parameters.size === 0 ? '' : `?${parameters}`;
  return { url: `${address}${others}`, prefix: `${prefix}:bench-${randomBytes(6).toString('hex')}` };
}
