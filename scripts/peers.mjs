import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages } from './build.mjs';
import { root } from './run.mjs';

// The packages are released together, and a new one may import what an older core does not export. So each asks for
// the core of its release or later; changesets leaves a peer alone while the new version is in its range.

const manifests = packages().map((name) => {
  const path = join(root, 'packages', name, 'package.json');
  return { path, manifest: JSON.parse(readFileSync(path, 'utf8')) };
});
const versions = new Map(manifests.map(({ manifest }) => [manifest.name, manifest.version]));
for (const { path, manifest } of manifests) {
  for (const peer of Object.keys(manifest.peerDependencies ?? {})) {
    if (versions.has(peer)) manifest.peerDependencies[peer] = `^${versions.get(peer)}`;
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
