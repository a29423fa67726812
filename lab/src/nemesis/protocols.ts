import { MessageCounter } from './resp.js';

/** How a proxy recognizes what passes through it. */
export interface Protocol {
  /** The kind of the requests in some bytes, if it is one that faults are about. */
  kindOf(request: string): string;
  /** Whether a reply reports an error: its request did nothing, and to lose the reply would test nothing. */
  isError(reply: string): boolean;
  /** Counts the messages of one direction, if the protocol can tell them apart. */
  counter?(): MessageCounter;
}

/** Recognizes scripts by the keys that they touch. */
export const REDIS: Protocol = {
  kindOf(request) {
    if (!/\beval(sha)?\r\n/i.test(request)) return 'other';
    if (request.includes(':producer:')) return 'write';
    return request.includes(':pending\r\n') ? 'claim' : 'settlement';
  },
  isError: (reply) => reply.startsWith('-'),
  counter: () => new MessageCounter(),
};

export const POSTGRES: Protocol = {
  kindOf: (request) => (/\bcommit\b/i.test(request) ? 'COMMIT' : 'other'),
  isError: (reply) => reply.startsWith('E'),
};
