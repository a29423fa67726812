import { tmpdir } from 'node:os';

/** Says why a folder does not suit; `undefined` if it does. */
export type Objection = (folder: string) => Promise<string | undefined>;

/**
 * The machine's first temporary folder that suits a server: TMPDIR may be closed to its account, or too long a path.
 * @throws Error with all objections, when none suits
 */
export async function temporaryFolder(objection: Objection): Promise<string> {
  const objections: string[] = [];
  for (const folder of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const found = await objection(folder);
    if (found === undefined) return folder;
    objections.push(found);
  }
  throw new Error(
    `No temporary folder suits the server: ${objections.join('; ')}. Set TMPDIR to another one.`,
  );
}
