import { MEASUREMENTS, type Request } from './measurements/index.js';

// The driver has the figures, or is gone.
process.once('disconnect', () => process.exit());

process.on('message', async ({ name, settings }: Request) => {
  const run = (await MEASUREMENTS[name]()) as (settings: unknown) => Promise<unknown>;
  process.send?.(await run(settings));
});
