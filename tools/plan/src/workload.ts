/** What is to be planned for. */
export interface Workload {
  /** Increments a second, of all processes. */
  readonly rate: number;
  readonly targets: number;
  /** Of Zipf's law; 0: all targets alike. */
  readonly zipf: number;
  /** That count. */
  readonly processes: number;
  readonly lingerMs: number;
  /** Most targets that a process holds. */
  readonly maxTargets: number;
  /** From a process or worker to Redis and back. */
  readonly roundTripMs: number;
  /** Of a worker: how long it waits between the beginnings of two rounds. */
  readonly intervalMs: number;
  readonly batchSize: number;
  /** How long the sink takes for a full batch. */
  readonly batchMs: number;
  /** Rows a second that the database takes. */
  readonly dbRows: number;
  /** Length of a target key. */
  readonly keyBytes: number;
  /** Seconds for which the database, or all workers, may be away. */
  readonly outage: number;
  /** Memory of a Redis node, in GB. */
  readonly nodeMemory: number;
  /** Share of a Redis node's CPU to be left free. */
  readonly free: number;
}

/** What carries it. */
export interface Layout {
  readonly partitions: number;
  /** Redis masters. */
  readonly nodes: number;
  readonly workers: number;
}
