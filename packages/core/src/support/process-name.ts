/** The host and the process id: `web-1:4711`. The host is left out where the runtime does not give it without an import. */
export function processName(): string {
  const host = process.getBuiltinModule?.('node:os')?.hostname();
  return host ? `${host}:${process.pid}` : String(process.pid);
}
