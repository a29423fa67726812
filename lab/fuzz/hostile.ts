import fc from 'fast-check';

/** What has broken programs before. */
const SNIPPETS = [
  '',
  '\n',
  '\0',
  '\r\n',
  ' ',
  '\u2028',
  '\ud83d',
  '\u202e',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-0',
  '1e999',
  '0x10',
  '9007199254740993',
  '9'.repeat(400),
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '{',
  '}',
  '[',
  ']',
  '{}',
  '[]',
  ',',
  ':',
  '/',
  '@',
  '?',
  '#',
  '%',
  '%zz',
  '%00',
  '~1 ',
  '[['.repeat(600),
  '{"a":'.repeat(600),
  'x'.repeat(5000),
] as const;

export const snippet: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...SNIPPETS),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

/** Text that began as one of the given kind, and of which some was cut out, repeated or replaced. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const cut = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(20), by: snippet });
  return fc.tuple(text, fc.array(cut, { maxLength: 3 })).map(([whole, cuts]) =>
    cuts.reduce((damagedText, { at, length, by }) => {
      const from = Math.floor(at * damagedText.length);
      return damagedText.slice(0, from) + by + damagedText.slice(from + length);
    }, whole),
  );
}

/** JSON of any kind, with names and numbers that break programs. */
export const json: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('1', '-0', '1e999', '0.1', '9007199254740993', 'true', 'null', '"d1"', '{"date":1e300}'),
    snippet.map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 3 }).map((parts) => `[${parts}]`),
    fc
      .array(fc.tuple(snippet, tie('value')), { maxLength: 3 })
      .map((parts) => `{${parts.map(([name, part]) => `${JSON.stringify(name)}:${part}`)}}`),
  ),
})).value;

/** A reply of which parts were left out, replaced, or are of another type. */
export function damagedReply(reply: fc.Arbitrary<readonly unknown[]>): fc.Arbitrary<unknown> {
  const part = fc.oneof(
    fc.constantFrom<unknown>(null, undefined, [], {}, '', 'OK', 0, -1, 1e300, Number.NaN, [[]], [null]),
    snippet,
  );
  const change = fc.tuple(fc.nat(8), part, fc.boolean());
  const changed = fc.tuple(reply, fc.array(change, { maxLength: 2 })).map(([parts, changes]) => {
    const list = [...parts];
    for (const [at, by, isCut] of changes) isCut ? list.splice(at, 1) : list.splice(at, 1, by);
    return list;
  });
  return fc.oneof({ weight: 8, arbitrary: changed }, part);
}
