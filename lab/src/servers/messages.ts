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

/** What the supervisor sends: first where its servers listen or that they did not start, then replies to requests. */
export type FromSupervisor =
  | { readonly redisPort: number; readonly postgresPort: number; readonly movesClock: boolean }
  | { readonly failed: string }
  | { readonly id: number; readonly error?: string };
