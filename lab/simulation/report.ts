import { markdownTable } from 'markdown-table';
import type { Summary } from './campaign.js';

/** What happened in a campaign, as lines of text. */
export function report(summary: Summary): string {
  const { runs, increments, batches, events, last } = summary;
  const rows = [...events].map(([event, times]) => [event, String(times)]);
  const violations = last?.violations ?? [];
  return [
    markdownTable([['event', 'times'], ...rows], { align: ['l', 'r'] }),
    '',
    `${runs} runs, ${increments} increments, ${batches} batches`,
    ...(violations.length === 0 ? ['No promise was broken.'] : describe(summary)),
  ].join('\n');
}

/** The run that broke a promise: what happened, what is wrong, and how to see it again. */
function describe({ last }: Summary): string[] {
  if (last === undefined) return [];
  const { plan, violations, trace } = last;
  const paths = violations.flatMap(({ path }) => path ?? []);
  return [
    '',
    `What happened in the run of seed ${plan.seed}:`,
    ...trace.about(paths),
    '',
    ...violations.map(({ what }) => `! ${what}`),
    `To repeat it, on the same backend: npm run simulate -- --runs 1 --seed ${plan.seed}${plan.together ? ' --together' : ''}`,
  ];
}
