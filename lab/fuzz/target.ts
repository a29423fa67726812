import fc from 'fast-check';

/** Something that reads what others wrote. */
export interface Target {
  readonly name: string;
  /** How many of the runs it gets: all, unless it takes long. */
  readonly share: number;
  /** Throws for an input that broke a promise. */
  readonly property: fc.IAsyncProperty<[unknown]>;
}

/** @param check throws if an input breaks a promise */
export function target<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  check: (input: Input) => unknown,
  share = 1,
): Target {
  const property = fc.asyncProperty(inputs, async (input) => {
    await check(input);
  });
  return { name, share, property: property as fc.IAsyncProperty<[unknown]> };
}
