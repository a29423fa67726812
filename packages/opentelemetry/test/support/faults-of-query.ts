import type { SyntaxNodeRef } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import type { Page } from './page.js';

/** Labels that Prometheus adds when it scrapes. */
const OF_THE_SCRAPE = ['job', 'instance'];
/** Grafana's variables, which are no PromQL. */
const INTERVAL = /\$__rate_interval/g;

/** What is wrong with a query: no PromQL, or a metric, a label or a value of a label that the page does not have. */
export function faultsOfQuery(query: string, page: Page): string[] {
  const expr = query.replaceAll(INTERVAL, '5m');
  const faults: string[] = [];
  const labels = new Set([...page.values()].flatMap((values) => [...values.keys()]));
  const textOf = ({ from, to }: SyntaxNodeRef['node']): string => expr.slice(from, to);
  parser.parse(expr).iterate({
    enter({ type, name, node }) {
      if (type.isError) faults.push(`no PromQL after: ${expr.slice(0, node.from)}`);
      if (name === 'VectorSelector') faults.push(...faultsOfSelector(textOf(node), page));
      if (name !== 'GroupingLabels') return;
      for (const label of node.getChildren('LabelName').map(textOf)) {
        if (!labels.has(label) && !OF_THE_SCRAPE.includes(label)) faults.push(`no label ${label}`);
      }
    },
  });
  return faults;
}

function faultsOfSelector(selector: string, page: Page): string[] {
  const [, metric = '', matchers = ''] = /^(\w+)(?:\{(.*)\})?$/s.exec(selector) ?? [];
  const labels = page.get(metric);
  if (labels === undefined) return [`no metric ${metric}`];
  return [...matchers.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].flatMap(([, label = '', , value = '']) => {
    if (OF_THE_SCRAPE.includes(label)) return [];
    const values = labels.get(label);
    if (values === undefined) return [`${metric} has no label ${label}`];
    return value === '' || values.has(value) ? [] : [`${metric} has no ${label} ${value}`];
  });
}
