import { MessageReader } from './resp.js';

/** How a proxy recognizes what passes through it. */
export interface Protocol {
  /** The kind of the requests in some bytes, if it is one that faults are about. */
  kindOf(request: string): string;
  /** Whether a reply reports an error: its request did nothing, and to lose the reply would test nothing. */
  isError(reply: string): boolean;
  /** Whether a reply says that its request changed something. */
  isChange?(reply: string): boolean;
  /** Reads the messages of one direction, if each request has one reply. */
  reader?(): MessageReader;
}

/** Recognizes scripts by the keys that they touch. */
export const REDIS: Protocol = {
  kindOf(request) {
    if (!/\beval(sha)?\r\n/i.test(request)) return 'other';
    const touches = (key: string): boolean => request.includes(`:${key}\r\n`);
    if (touches('entries') && touches('pending') && touches('state'))
      return touches('batch') ? 'claim' : 'write';
    if (touches('pending') || touches('entries')) return 'other';
    if (touches('batch')) return 'settlement';
    return touches('state') ? 'join' : 'other';
  },
  isError: (reply) => reply.startsWith('-'),
  // Writes have a list of replies, and one of which nothing was refused has a number.
  isChange: (reply) => /^\*\d+\r\n(\$\d+\r\nleased|\*\d+\r\n\$\d+\r\napplied|:\d+)\r\n/.test(reply),
  reader: () => new MessageReader(),
};

export const POSTGRES: Protocol = {
  kindOf: kindOfStatement,
  isError: (reply) => reply.startsWith('E'),
};

export const MARIADB: Protocol = {
  kindOf: kindOfStatement,
  // Three bytes of length and one of sequence come first.
  isError: (reply) => reply[4] === '\xff',
};

/** The workers' own: statements that the sink sends about its tables. */
function kindOfStatement(request: string): string {
  if (/\bcommit\b/i.test(request)) return 'COMMIT';
  return /\b(update|insert\s+into)\s+["`]counter["`]/i.test(request) ? 'change' : 'other';
}
