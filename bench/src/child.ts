import { once } from 'node:events';
import { MEASUREMENTS, type Request } from './measurements/index.js';

// The driver has the figures, or is gone.
process.once('disconnect', () => process.exit());

const [{ name, settings }] = (await once(process, 'message')) as [Request];
const run = (await MEASUREMENTS[name]()) as (settings: unknown) => Promise<unknown>;
process.send?.(await run(settings));
