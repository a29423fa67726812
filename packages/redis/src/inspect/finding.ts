/** What a look at the servers was about. */
export type Topic =
  | 'version'
  | 'role'
  | 'eviction'
  | 'memory'
  | 'persistence'
  | 'replicas'
  | 'clock'
  | 'cluster'
  | 'rights'
  | 'keys';

/** Something that is wrong with the servers. */
export interface Finding {
  readonly topic: Topic;
  /** Whether it can lose what is pending, or keeps everything from working. If not, it is advice. */
  readonly isUnsafe: boolean;
  /** In words. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Of several servers those that it is true of, `host:port`. */
  readonly servers: readonly string[];
}

/** What is found at one server. */
export type FoundHere = Omit<Finding, 'servers'>;

export function unsafe(topic: Topic, problem: string, remedy: string): FoundHere {
  return { topic, isUnsafe: true, problem, remedy };
}

export function advice(topic: Topic, problem: string, remedy = ''): FoundHere {
  return { topic, isUnsafe: false, problem, remedy };
}
