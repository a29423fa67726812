import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** An account of this machine. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * The account of a server that refuses to run as root; `undefined` for a process that is not root's, whose servers
 * run as itself.
 * @throws Error when root has no such account to lend
 */
export async function unprivilegedAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of UNPRIVILEGED) {
    const account = await find(name);
    if (account !== undefined) return account;
  }
  throw new Error(`The server does not run as root, and there is no account ${UNPRIVILEGED.join(' or ')}.`);
}

async function find(name: string): Promise<Account | undefined> {
  const id = async (option: string): Promise<number> =>
    Number((await promisify(execFile)('id', [option, name])).stdout);
  try {
    return { name, uid: await id('-u'), gid: await id('-g') };
  } catch {
    return undefined;
  }
}
