import type { Counter } from '../counter.js';

/* What counting in a process costs at least: a Map, and nothing else. */

export async function openMap(): Promise<Counter> {
  const views = new Map<string, number>();
  return {
    async count(paths) {
      for (const path of paths) views.set(path, (views.get(path) ?? 0) + 1);
    },
    async [Symbol.asyncDispose]() {
      views.clear();
    },
  };
}
