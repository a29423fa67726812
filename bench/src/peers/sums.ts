import type { Counter } from '../counter.js';

/*
 * What an `incr` cannot do without: names read from the objects that it gets, sums by column, and a promise for each
 * page. Nothing is checked, and nothing is written anywhere.
 */

interface PageSums {
  readonly sums: Record<string, number>;
  readonly acknowledged: Promise<void>;
  readonly acknowledge: () => void;
}

export async function openSums(): Promise<Counter> {
  const pages = new Map<string, PageSums>();
  const incr = (columns: Readonly<Record<string, number>>, filters: Readonly<Record<string, string>>) => {
    const key = Object.keys(filters).reduce((text, name) => text + filters[name], '');
    let page = pages.get(key);
    if (page === undefined) {
      page = newPage();
      pages.set(key, page);
    }
    for (const name of Object.keys(columns)) {
      page.sums[name] = (page.sums[name] ?? 0) + (columns[name] as number);
    }
    return page.acknowledged;
  };
  return {
    async count(paths) {
      for (const path of paths) void incr({ views: 1 }, { path });
      for (const { acknowledge } of pages.values()) acknowledge();
    },
    async [Symbol.asyncDispose]() {
      pages.clear();
    },
  };
}

function newPage(): PageSums {
  let acknowledge = (): void => {};
  const acknowledged = new Promise<void>((resolve) => {
    acknowledge = resolve;
  });
  return { sums: {}, acknowledged, acknowledge };
}
