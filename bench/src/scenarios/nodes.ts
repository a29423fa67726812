import { formatSpread } from '../format.js';
import { compare, each } from '../lines.js';
import type { NodesSettings } from '../measurements/nodes.js';
import type { Scenario } from '../scenario.js';
import { spreadOf } from '../statistics.js';

const PER_SECOND = 1000;
const WAYS = { inPerSecond: 'in', outPerSecond: 'out' } as const;
const COLUMNS = ['inPerSecond', 'outPerSecond', 'p50', 'p99'] as const;

/** What replicas and further masters cost. */
export const nodes: Scenario = {
  name: 'nodes',
  rows: ['nodes'],
  async run({ sizes, measure, alternate }) {
    const pass =
      (layout: NodesSettings['layout'], replicas = 0, writes = false) =>
      () =>
        measure('nodes', { ...sizes.nodes, layout, replicas, writes, perSecond: PER_SECOND });
    const samples = await alternate({
      'one master': pass('one master'),
      'with two replicas': pass('one master, two replicas'),
      'claims wait for both': pass('one master, two replicas', 2),
      'writes, too': pass('one master, two replicas', 2, true),
      'three masters': pass('three masters'),
    });
    const { 'one master': one, ...others } = samples;
    const lines = Object.entries(others).flatMap(([name, figures]) =>
      (Object.keys(WAYS) as (keyof typeof WAYS)[]).map((figure) =>
        compare(
          {
            row: 'nodes',
            workload: `${WAYS[figure]}, ${name}`,
            unit: 'targets/s',
            sluice: each(figures, figure),
          },
          'one master',
          each(one, figure),
        ),
      ),
    );
    const table = [
      ['', 'in, targets/s', 'out, targets/s', `p50 at ${PER_SECOND}/s, ms`, 'p99, ms'],
      ...Object.entries(samples).map(([name, figures]) => [
        name,
        ...COLUMNS.map((figure) => formatSpread(spreadOf(each(figures, figure)), '')),
      ]),
    ];
    return {
      lines,
      details: [{ title: 'Replicas and masters, on the cores of one machine', table }],
      samples,
    };
  },
};
