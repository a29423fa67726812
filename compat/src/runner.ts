import type { Group, Line } from './group.js';
import type { Packed } from './packages.js';
import { Project } from './project.js';
import type { Servers } from './servers.js';
import type { Result } from './table.js';

export interface RunOptions {
  readonly packed: readonly Packed[];
  readonly servers: Servers;
  readonly keep: boolean;
  readonly onResult: (result: Result) => void;
}

/** Makes the group's project and runs its lines, in turn. If the project fails, so do they all. */
export async function runGroup(group: Group, options: RunOptions): Promise<void> {
  const project = await Project.create();
  try {
    const setUp = await timed(() => installIn(project, group, options.packed));
    for (const line of group.lines) {
      const { outcome, seconds } =
        setUp.outcome instanceof Error
          ? setUp
          : await timed(() => line.run({ project, servers: options.servers }));
      options.onResult({ line, outcome, seconds });
    }
  } finally {
    if (options.keep)
      console.log(`Kept ${project.folder}: ${group.lines.map(({ name }) => name).join('; ')}`);
    else await project.remove();
  }
}

async function timed(
  task: () => Promise<string>,
): Promise<{ readonly outcome: string | Error; readonly seconds: number }> {
  const startedAt = performance.now();
  const outcome = await task().catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  return { outcome, seconds: (performance.now() - startedAt) / 1000 };
}

async function installIn(project: Project, group: Group, packed: readonly Packed[]): Promise<string> {
  const sluice = packed.filter(({ name }) => group.packages?.includes(name) ?? true);
  const files = Object.fromEntries(sluice.map(({ name, file }) => [name, `file:${file}`]));
  await project.write('package.json', {
    name: 'project',
    private: true,
    ...group.manifest,
    dependencies: { ...files, ...group.dependencies },
  });
  await (group.install ?? npm)(project);
  return '';
}

/** What is installed must install again: `npm ci` refuses a lock file whose peers do not fit. */
async function npm(project: Project): Promise<void> {
  await project.run('npm', ['install', '--no-audit', '--no-fund']);
  await project.run('npm', ['ci', '--dry-run', '--no-audit', '--no-fund']);
}

/** The groups with only those lines whose name contains one of the words. */
export function select(groups: readonly Group[], words: readonly string[]): readonly Group[] {
  const isWanted = ({ name }: Line): boolean =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word.toLowerCase()));
  return groups
    .map((group) => ({ ...group, lines: group.lines.filter(isWanted) }))
    .filter(({ lines }) => lines.length > 0);
}
