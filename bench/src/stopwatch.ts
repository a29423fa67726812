/** How long work takes, in seconds. Garbage from its preparation is collected first. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  globalThis.gc?.();
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** The number of operations to warm up with: a tenth of those measured, and enough to have the code compiled. */
export function warmUpOf(operations: number): number {
  return Math.max(2000, Math.round(operations / 10));
}

/** The CPU time that this process takes for work, its garbage collection on other threads included, in microseconds. */
export async function cpuMicrosOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
