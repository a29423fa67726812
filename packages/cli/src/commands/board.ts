import type { Buffer } from '@sluice/core';
import { EXIT, type ExitCode } from '../exit-code.js';
import { withBuffer } from '../server.js';
import type { Session } from '../session.js';

export interface BoardOptions {
  readonly port: number;
  /** Whether who sees the board may redrive and discard. */
  readonly write?: boolean;
}

type Handler = (request: Request) => Promise<Response>;

interface BoardPackage {
  board(options: { buffer: Buffer; authorize?: () => boolean }): Handler;
}

interface BoardServing {
  serve(
    handler: Handler,
    options: { port: number },
  ): Promise<{ readonly url: string; close(): Promise<void> }>;
}

/** Serves the board to this machine until it is stopped. */
export async function board(session: Session, { port, write }: BoardOptions): Promise<ExitCode> {
  const packages = await load();
  if (packages === undefined) {
    session.fail(
      'The board is a package of its own. Run: npx -p @sluice/cli -p @sluice/board sluice board, or install both: npm install @sluice/cli @sluice/board',
    );
    return EXIT.wrong;
  }
  const [{ board: boardOf }, { serve }] = packages;
  return withBuffer(session, async (buffer) => {
    const handler = boardOf({ buffer, ...(write && { authorize: () => true }) });
    const server = await serve(handler, { port });
    if (session.isJson) session.printJson({ url: server.url });
    else
      session.print(
        `The board is at ${server.url}${write ? '' : ', to look at only (--write lets you redrive and discard)'}. Ctrl-C ends it.`,
      );
    await stopped(session.world.signal);
    await server.close();
    return EXIT.fine;
  });
}

/** The packages, if they are installed. The compiler must not look for what may not be there. */
async function load(): Promise<[BoardPackage, BoardServing] | undefined> {
  try {
    return [await import('@sluice/board' as string), await import('@sluice/board/node' as string)];
  } catch (error) {
    if (Object(error).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
