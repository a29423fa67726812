import { once } from 'node:events';
import type { Server } from 'node:net';

/** Lets a server listen on a free port of the loopback interface. */
export async function listen<S extends Server>(server: S): Promise<{ server: S; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}
