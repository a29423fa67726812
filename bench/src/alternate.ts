export type Figures = Readonly<Record<string, number>>;

export type Contestants = Readonly<Record<string, () => Promise<Figures>>>;

/** The figures of each contestant, by round. */
export type Samples<C extends Contestants> = { readonly [N in keyof C]: Awaited<ReturnType<C[N]>>[] };

/** Called after each measurement. */
export type OnMeasured = (contestant: string, round: number, figures: Figures) => void;

/**
 * Measures all contestants once a round, one after the other, so that other load on the machine affects
 * all of them. Each round begins with a different one.
 */
export async function alternate<C extends Contestants>(
  contestants: C,
  rounds: number,
  onMeasured: OnMeasured,
): Promise<Samples<C>> {
  const names = Object.keys(contestants);
  const samples = Object.fromEntries(names.map((name): [string, Figures[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of rotated(names, round)) {
      const figures = await (contestants[name] as () => Promise<Figures>)();
      samples[name]?.push(figures);
      onMeasured(name, round + 1, figures);
    }
  }
  return samples as Samples<C>;
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
