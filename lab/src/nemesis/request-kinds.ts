/** The kind of a request to Redis, by the keys that its script touches. */
export function kindOfScript(bytes: string): 'write' | 'claim' | 'settlement' | 'other' {
  if (!/\beval(sha)?\r\n/i.test(bytes)) return 'other';
  if (bytes.includes(':producer:')) return 'write';
  return bytes.includes(':pending\r\n') ? 'claim' : 'settlement';
}

/** The kind of a request to PostgreSQL. */
export function kindOfStatement(bytes: string): 'COMMIT' | 'other' {
  return /\bcommit\b/i.test(bytes) ? 'COMMIT' : 'other';
}
