import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a plain line for every tenth. */
export function startProgress(total: number): Progress {
  return process.stdout.isTTY ? startBar(total) : startLines(total);
}

function startBar(total: number): Progress {
  const format = '{bar} {percentage} %  {value} of {total} flights  {duration_formatted}';
  const bar = new SingleBar({ format, hideCursor: true, formatValue: formatNumber }, Presets.shades_classic);
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}

function formatNumber(value: number, _: unknown, type: string): string {
  return type === 'value' || type === 'total' ? value.toLocaleString('en') : String(value);
}

function startLines(total: number): Progress {
  const startedAt = performance.now();
  let tenths = 0;
  const update = (done: number): void => {
    const reached = Math.floor((10 * done) / total);
    if (reached === tenths) return;
    tenths = reached;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${String(10 * tenths).padStart(3)} %  ${done.toLocaleString('en')} flights  ${seconds} s`);
  };
  return { update, stop: () => {} };
}
