import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packages } from './build.mjs';
import { type Release, rehearse } from './rehearsal.mjs';
import { root } from './run.mjs';

let out: string;
let before: string;
let releases: Release[];

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'sluice rehearsal-'));
  before = status();
  releases = await rehearse(out);
});
afterAll(() => rmSync(out, { recursive: true }));

function status(): string {
  return execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
}

function pendingChangesets(): string[] {
  const files = execFileSync('git', ['ls-files', '.changeset/*.md'], { cwd: root, encoding: 'utf8' });
  return files.split('\n').filter((file) => file.endsWith('.md') && !file.endsWith('README.md'));
}

test('a rehearsal packs every package under one version, each asking for that core', () => {
  expect(releases).toHaveLength(packages().length);
  const versions = new Set(releases.map(({ version }) => version));
  expect(versions.size).toBe(1);
  for (const { name, filename, version } of releases) {
    const manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', filename, 'package/package.json'], { cwd: out, encoding: 'utf8' }),
    );
    expect(manifest).toMatchObject({ name, version });
    const core = manifest.peerDependencies?.['@sluice/core'];
    if (core !== undefined) expect(core).toBe(`^${version}`);
  }
});

test('it has the code, the licence and, if anything changed, the changelog', () => {
  for (const { files, changelog } of releases) {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']));
    expect(paths.some((path) => path.startsWith('dist/'))).toBe(true);
    expect(paths.every((path) => !/^(src|test)\//.test(path))).toBe(true);
    if (changelog !== '') expect(paths).toContain('CHANGELOG.md');
  }
  for (const file of pendingChangesets()) {
    const [, , text = ''] = readFileSync(join(root, file), 'utf8').split('---\n');
    const [firstLine = ''] = text.trim().split('\n');
    expect(releases.some(({ changelog }) => changelog.includes(firstLine))).toBe(true);
  }
});

test('it leaves the work tree as it was', () => {
  expect(status()).toBe(before);
});
