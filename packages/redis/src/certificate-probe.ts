import { connect } from 'node:tls';
import type { ServerAddress } from './address.js';
import { isOfCertificate } from './errors.js';

/**
 * What a server has against our certificate; `undefined` if it says nothing. With TLS 1.3 it says so after the handshake, and
 * closes the connection: a client that has sent its commands by then only hears that it is closed. So this sends nothing.
 * Never rejects.
 */
export function certificateProblem(
  { host, port, tls }: ServerAddress,
  commandTimeoutMs: number,
): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect({ ...tls, host, port });
    const end = (error?: unknown): void => {
      socket.destroy();
      resolve(isOfCertificate(error) ? error : undefined);
    };
    socket.setTimeout(Math.min(commandTimeoutMs, LONGEST_WAIT_MS), () => end());
    // Until it reads, a socket does not hear of an alert.
    socket
      .on('error', end)
      .on('close', () => end())
      .resume();
  });
}

const LONGEST_WAIT_MS = 500;
