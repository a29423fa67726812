import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command } from './command.js';
import { root } from './packages.js';

/** A user's project: a temporary folder. */
export class Project {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Project> {
    return new Project(await realpath(await mkdtemp(join(tmpdir(), 'sluice-compat-'))));
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  async write(file: string, content: string | object): Promise<void> {
    const text = typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
    await mkdir(dirname(this.path(file)), { recursive: true });
    await writeFile(this.path(file), text);
  }

  /** Copies a file or folder of the repository. */
  async copy(from: string, to: string): Promise<void> {
    const filter = (file: string): boolean => !/[\\/](node_modules|dist)$/.test(file);
    await cp(join(root, from), this.path(to), { recursive: true, filter });
  }

  async removeFile(file: string): Promise<void> {
    await rm(this.path(file), { recursive: true, force: true });
  }

  run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return command(program, args, { cwd: this.folder, env });
  }

  /** Runs a JavaScript file, or one that an installed package has, with this Node or another one. */
  node(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    node = process.execPath,
  ): Promise<string> {
    return this.run(node, args, env);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
