import fc from 'fast-check';
import { entryOf } from '../../../packages/core/src/entry/entry.js';
import { merge } from '../../../packages/core/src/entry/merge.js';
import { unpackEntries } from '../../../packages/core/src/entry/packed-entries.js';
import { pack, unpack } from '../../../packages/core/src/entry/packing.js';
import { parseTargetKey, targetKey } from '../../../packages/core/src/entry/target-key.js';
import { damaged, json, snippet } from '../hostile.js';
import { expectUsable, hasCode, unlessPromised } from '../promises.js';
import { type Target, target } from '../target.js';

const isCorrupt = hasCode('ERR_SLUICE_CORRUPT_ENTRY');
const isCorruptOrOverflow = hasCode('ERR_SLUICE_CORRUPT_ENTRY', 'ERR_SLUICE_OVERFLOW');

const keys = fc.constantFrom(
  '["Page"]',
  '["Page","path","/docs"]',
  '["Page","a",1,"b",null,"c",true]',
  '["Page","at",{"date":1763800000000},"id",{"bigint":"-12345678901234567890"}]',
  '["Page","path","/","signalOnly"]',
);

const entries = fc.constantFrom(
  '{}',
  '{"+views":"3"}',
  '{"+views":"-3","+likes":"9007199254740991","@":"1763800000000"}',
  '{"=title":"\\"a\\"","=tags":"{\\"json\\":[1,[2]]}","=at":"~7 {\\"date\\":1}"}',
  '{">seen":"d1763800000000","<first":"b-12","<name":"sAnna",">rate":"0.5"}',
  '{">step":"[\\"7\\",{\\"message\\":[\\"7\\",\\"\\\\\\"seventh\\\\\\"\\"]}]"}',
);

const values = fc.oneof(snippet, json);
const fieldNames = fc.oneof(
  fc.tuple(fc.constantFrom('+', '=', '>', '<', '@', '~'), snippet).map((parts) => parts.join('')),
  snippet,
);

/** Entries as they are stored: damaged ones, and objects of any fields. */
export const storedEntry: fc.Arbitrary<string> = fc.oneof(
  damaged(entries),
  fc
    .array(fc.tuple(fieldNames, values), { maxLength: 3 })
    .map(
      (fields) => `{${fields.map(([field, value]) => `${JSON.stringify(field)}:${JSON.stringify(value)}`)}}`,
    ),
  json,
);

export const storedKey: fc.Arbitrary<string> = fc.oneof(
  damaged(keys),
  fc.array(json, { maxLength: 4 }).map((parts) => `["M",${parts}]`),
  json,
);

/** What reads stored text in the process. */
export const DECODERS: readonly Target[] = [
  target('stored entries', storedEntry, (text) => {
    const fields = unlessPromised(() => unpack(text), isCorrupt);
    if (fields === undefined) return;
    unpack(pack(fields));
    unlessPromised(() => merge({ ...fields }, fields), isCorruptOrOverflow);
    const entry = unlessPromised(() => entryOf('["Page"]', fields), isCorrupt);
    if (entry !== undefined) expectUsable(entry);
  }),

  target('target keys', storedKey, (text) => {
    const isError = (error: unknown): boolean => error instanceof SyntaxError || error instanceof TypeError;
    const found = unlessPromised(() => parseTargetKey(text), isError);
    // What was read can be counted.
    if (found !== undefined) targetKey(found.model, found.filters, found.signalOnly);
    const entry = unlessPromised(() => entryOf(text, { '+views': 1 }), isCorrupt);
    if (entry !== undefined) expectUsable(entry);
  }),

  target(
    'packed entries',
    fc.array(fc.oneof(storedEntry, storedKey), { maxLength: 5 }).map((lines) => lines.join('\n')),
    (text) => unlessPromised(() => unpackEntries(text), isCorrupt),
  ),
];
