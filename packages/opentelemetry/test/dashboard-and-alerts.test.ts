import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hasPromtool, promtool } from '@sluice/test-servers';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { everything } from './support/everything.js';
import { faultsOfQuery } from './support/faults-of-query.js';
import { type Page, pageOf } from './support/page.js';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { panels } = JSON.parse(read('../grafana/sluice.json')) as { panels: readonly Panel[] };
const alerts = (
  parse(read('../prometheus/alerts.yml')) as { groups: readonly { rules: readonly Alert[] }[] }
).groups.flatMap(({ rules }) => rules);

let page: Page;
beforeAll(async () => {
  page = pageOf(await everything());
});

describe('the dashboard asks for what is emitted', () => {
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );

  test.each(queries)('%s: %s', (_, expr) => {
    expect(faultsOfQuery(expr, page)).toEqual([]);
  });

  test('and for each metric', () => {
    const asked = queries.map(([, expr]) => expr).join(' ');
    const names = [...page.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(names.filter((name) => name !== 'target_info' && !asked.includes(name))).toEqual([]);
  });
});

describe('the alerts ask for what is emitted', () => {
  test.each(alerts.map(({ alert, expr }) => [alert, expr] as const))('%s', (_, expr) => {
    expect(faultsOfQuery(expr, page)).toEqual([]);
  });

  test.each(alerts.map(({ alert, annotations }) => [alert, annotations.runbook] as const))(
    '%s has a runbook',
    (alert, runbook) => {
      expect(runbook).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
      expect(read('../../../docs/runbooks.md')).toContain(`\n## ${alert}\n`);
    },
  );

  test.skipIf(!hasPromtool)('and fire when they should (skipped where there is no promtool)', async () => {
    expect(await promtool('check', 'rules', pathOf('../prometheus/alerts.yml'))).toContain('SUCCESS');
    expect(await promtool('test', 'rules', pathOf('alerts.test.yml'))).toContain('SUCCESS');
  });
});

test.each([
  ['sum (rate(sluice_x_total[5m]))', 'no metric sluice_x_total'],
  ['sum by (sluice_y) (sluice_targets_held)', 'no label sluice_y'],
  ['sluice_targets_held{sluice_operation="add"}', 'sluice_targets_held has no label sluice_operation'],
  [
    'sluice_sink_duration_count{sluice_operation="add"}',
    'sluice_sink_duration_count has no sluice_operation add',
  ],
  ['sum (sluice_targets_held', 'no PromQL after: sum (sluice_targets_held'],
])('a wrong query is found: %s', (query, fault) => {
  expect(faultsOfQuery(query, page)).toContain(fault);
});
