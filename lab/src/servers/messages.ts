/** What the driver can ask the supervisor for. */
export type Request =
  | 'kill redis'
  | 'start redis'
  | 'stop postgres'
  | 'start postgres'
  | 'restart postgres, fast'
  | 'restart postgres, immediate';

/** What the driver sends: a request, or that a process of the workload has started or ended. */
export type FromDriver =
  | { readonly id: number; readonly request: Request }
  | { readonly started: number }
  | { readonly ended: number };

/** Where the servers are. */
export interface Addresses {
  readonly redisPort: number;
  readonly postgresPort: number;
  /** The path of its socket; left out where there is no MariaDB. */
  readonly mariadbSocket?: string;
  /** Whether the clock of Redis can be moved on this machine. */
  readonly movesClock: boolean;
}

/** What the supervisor sends: first where its servers listen or that they did not start, then replies to requests. */
export type FromSupervisor =
  | Addresses
  | { readonly failed: string }
  | { readonly id: number; readonly error?: string };
