import { planOf } from './plan.js';
import { run } from './run.js';
import { memoryStore, RedisStores } from './store.js';
import { partitionOf } from '../../packages/core/src/support/partition.js';
import { targetKey } from '@sluice/core/backend';
process.setMaxListeners(0);
const [from, to, mode = '', backend = 'memory'] = process.argv.slice(2);
process.on('unhandledRejection', (e) => { console.log('UNHANDLED', e); });
const stores = backend === 'memory' ? undefined : new RedisStores(backend!);
const kinds = new Map<string, number[]>();
const t0 = performance.now();
for (let seed = Number(from); seed <= Number(to); seed += 1) {
  try {
  const plan = planOf(seed);
  const r = await run(plan, stores ? stores.open : memoryStore);
  if (r.violations.length) {
    const shown = r.violations.slice(0, 3).map((v) => v.what.slice(0, mode?2000:160)).join(' | ');
    const W = plan.weights; const fl = (W['data wiped']?'W':'-')+(W['data copied']?'C':'-')+(W['process cloned']?'T':'-')+(W['records forgotten']?'F':'-')+(W['redrive']?'R':'-')+(W['clock of the backend set']?'K':'-')+(plan.partitions.length>1?'N':'-'); if (mode !== 'quiet') console.log(seed, fl, shown);
    if (mode === 'trace') { 
      const paths = r.violations.flatMap((v) => v.path ?? []);
      const parts = new Set(paths.flatMap((path) => plan.partitions.map((n) => partitionOf(targetKey('Page', { path }), n))));
      console.log(JSON.stringify(plan)); console.log(r.trace.lines(parts).join('\n')); }
  }
  } catch (e) { console.log(seed, 'THREW', (e as Error).stack); }
}
console.log('seconds', ((performance.now() - t0) / 1000).toFixed(1));
stores?.[Symbol.dispose]();
