import {
  CorruptEntryError,
  type Fields,
  merge,
  OverflowError,
  pack,
  stampLast,
  unpack,
} from '@sluice/core/backend';
import { startRedisServer } from '@sluice/testing';
import { mockRedis } from '@sluice/testing/mock-redis';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { fields, inOrder } from '../../core/test/arbitraries.js';
import script from '../src/lua/merge.lua';
import sum from '../src/lua/sum.lua';

const server = await startRedisServer();
const client = new Redis(server.port);
const mock = mockRedis();
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const MERGE = `${script}\nlocal merged, reason = merge(ARGV[1], ARGV[2])\nreturn merged or 'refused: ' .. reason`;
const SUM = `${sum}\nreturn sum_of(ARGV[1], ARGV[2])`;
const STAMP = `${script}\nreturn stamp_last(ARGV[1], ARGV[2]) or 'refused: corrupt'`;

type Run = (source: string, ...args: string[]) => Promise<unknown>;
const runs: [string, Run][] = [
  ['on Redis', (source, ...args) => client.eval(source, 0, ...args)],
  ['on the mock', (source, ...args) => mock.eval(source, 0, ...args)],
];

/** What core makes of two packed entries, in the words of the scripts: of the fields that the new one has. */
function mergedByCore(old: string, value: string): Fields | string {
  try {
    const from = unpack(value);
    const into = unpack(onlyFieldsOf(from, old));
    merge(into, from);
    return inOrder(into);
  } catch (error) {
    if (error instanceof OverflowError) return 'refused: overflow';
    if (error instanceof CorruptEntryError) return 'refused: corrupt';
    throw error;
  }
}

async function mergedByScript(run: Run, old: string, value: string): Promise<Fields | string> {
  const reply = String(await run(MERGE, old, value));
  expect([null, reply]).toContain(await run(SUM, old, value));
  try {
    return reply.startsWith('refused') ? reply : inOrder(unpack(onlyFieldsOf(unpack(value), reply)));
  } catch {
    return `unreadable: ${reply}`;
  }
}

/** A packed entry without the fields that another one lacks; the same text if it is no object of texts. */
function onlyFieldsOf(fields: Fields, packed: string): string {
  try {
    const all: unknown = JSON.parse(packed);
    if (!packed.startsWith('{') || Object.values(Object(all)).some((value) => typeof value !== 'string'))
      return packed;
    return JSON.stringify(
      Object.fromEntries(Object.entries(Object(all)).filter(([field]) => Object.hasOwn(fields, field))),
    );
  } catch {
    return packed;
  }
}

const DIGITS = '1'.repeat(400);
const LIMIT = String(Number.MAX_SAFE_INTEGER);
// Every kind of text that one of the languages may take for a number, a Date or a stamp, and the other not.
const VALUES = [
  ...['', '0', '-0', '7', '007', '-1', '+1', '--1', '- 1', '1.5', '-1.5', '-0.0', '.5', '5.', '1.2.3'],
  ...['1e3', '1e+3', '1.e+5', '-2.5e-7', '1E+3', '1e', '1e+', 'e+1', '1e+308', '1e+309', '-1e+309', '1e-400'],
  ...[
    '0x10',
    '0x1p3',
    '0b1',
    '1_0',
    '1,0',
    '1n',
    '1f',
    '1d',
    '\u0661',
    ' 12',
    '12 ',
    '12\n',
    '\t1',
    '1\0',
    '\0',
  ],
  ...['inf', '-inf', 'nan', '-nan', 'NaN', 'Infinity', 'true', 'null', '{}', '[]', '"a"', '5"'],
  ...[LIMIT, `-${LIMIT}`, '9007199254740992', '-9007199254740992', '9007199254740993', '9007199254740991.0'],
  ...[DIGITS, `-${DIGITS}`, `${'0'.repeat(400)}1`, `1.${DIGITS}`, `0.${'0'.repeat(400)}1`],
  ...[
    'd',
    'd0',
    'd-0',
    'd5',
    'd05',
    'd 5',
    'd5 ',
    'd+5',
    'd5.5',
    'd1e+3',
    'd0x1',
    'dd5',
    'D5',
    'dinf',
    `d${DIGITS}`,
  ],
  ...[
    'd8640000000000000',
    'd8640000000000001',
    'd-8640000000000000',
    'd-8640000000000001',
    '8640000000000001',
  ],
  ...[
    '~',
    '~1',
    '~1 ',
    '~1 "a"',
    '~01 "b"',
    '~2 "c"',
    '~10 "d"',
    '~1"a"',
    '~-1 "a"',
    '~1.5 "a"',
    '~ "a"',
    ' ~1 "a"',
  ],
  ...[
    's',
    's1',
    's{}',
    'b',
    'b0',
    'b-0',
    'b1',
    'b-7',
    'b01',
    'b+1',
    'b1.5',
    'b1e3',
    'b 1',
    `b${'9'.repeat(39)}`,
  ],
  ...[
    `b-${'9'.repeat(39)}`,
    `b${'9'.repeat(40)}`,
    'b9007199254740993',
    '["7"]',
    '["7",{}]',
    '["7",[]]',
    '[7,{}]',
  ],
  ...[
    '["7",{"a":["7","1"]}]',
    '["b7",{"a":["sx","1"],"b":["d1","2"]}]',
    '["7",{"a":["7","1"]},null]',
    '[',
    '["7",',
  ],
  ...[
    '["7",{"a":["7"]}]',
    '["7",{"a":["7","1",null]}]',
    '["7",{"a":[7,"1"]}]',
    '["7",{"a":["x","1"]}]',
    '[null,null]',
  ],
  ...[
    '["7",{"a":null}]',
    '["7",[["7","1"]]]',
    '["7",{"__proto__":["7","1"]}]',
    '[["7",{}],{"a":["7","1"]}]',
    '["",{"a":["7","1"]}]',
  ],
  ...['~999999999999999 "a"', '~1000000000000000 "a"', `~${DIGITS} "a"`, '~0x2 "a"', '~1\n"a"'],
];
const MARKS = ['+a', '=a', '>a', '<a', '@'];
// Values that a field may have, in several orders, so that either of two can win.
const GOOD = ['3', '-9', 'd4', '1.25', 'b2', 'sz', '["5",{"a":["4","1"]}]', LIMIT, '~5 "e"', '"plain"'];

const ENTRIES = [
  ...['', '{', '}', '{}', '[]', '["+a","1"]', 'null', 'true', '5', '"x"', 'x{', '{"+a":"1"', '"+a":"1"}'],
  ...[
    '{"+a":"1"}',
    '{"+a":"1","+b":"2"}',
    '{"+b":"2","+a":"1"}',
    '{"+a":"1","@":"5"}',
    '{"=a":"\\"x\\"","+a":"1"}',
  ],
  ...[
    ' {"+a":"1"}',
    '{"+a":"1"} ',
    '{ "+a":"1"}',
    '{"+a": "1"}',
    '{"+a" :"1"}',
    '{"+a":"1"}\n',
    '\ufeff{"+a":"1"}',
  ],
  ...[
    '{"+a":"1",}',
    '{,"+a":"1"}',
    '{"+a":"1"}x',
    '{"+a":"1"}{}',
    'x"+a":"1"}',
    '{"+a":"1";"+b":"2"}',
    "{'+a':'1'}",
  ],
  ...[
    '{"+a":1}',
    '{"+a":null}',
    '{"+a":true}',
    '{"+a":["1"]}',
    '{"+a":{"b":"1"}}',
    '{"+a":[]}',
    '{"=a":{}}',
    '{">a":5}',
  ],
  ...[
    '{"+a":NaN}',
    '{"+a":Infinity}',
    '{"+a":0x1}',
    '{"=b":NaN,"+a":"1"}',
    '{"+b":{},"+a":"1"}',
    '{"+b":[[]],"+a":"1"}',
  ],
  ...['{"+a":"1","+a":"2"}', '{"+a":"1","+b":"9","+a":"2"}', '{"+a":"1","\\u002ba":"2"}', '{"\\u002ba":"1"}'],
  ...[
    '{"__proto__":"1"}',
    '{"+__proto__":"1"}',
    '{"=__proto__":"1"}',
    '{"__proto__":{"+a":"1"}}',
    '{"constructor":"1"}',
  ],
  ...[
    '{"+":"1"}',
    '{"=":"1"}',
    '{">":"1"}',
    '{"@":"1"}',
    '{"@a":"1"}',
    '{"@@":"1"}',
    '{"":"1"}',
    '{"++":"1"}',
  ],
  ...['{"*a":"1"}', '{"?a":"1"}', '{" a":"1"}', '{"\u00e9":"1"}', '{"a":"1"}', '{"\\u0000":"1"}'],
  `{"+a":"1","x":${'['.repeat(2000)}${']'.repeat(2000)}}`,
];

describe.each(runs)('%s, the scripts', (name, run) => {
  const numRuns = name === 'on Redis' ? 500 : 50;

  test('merge as core does', async () => {
    await fc.assert(
      fc.asyncProperty(fields, fields, async (a, b) => {
        expect(await mergedByScript(run, pack(a), pack(b))).toEqual(mergedByCore(pack(a), pack(b)));
      }),
      { numRuns },
    );
  });

  test('stamp last values as core does', async () => {
    await fc.assert(
      fc.asyncProperty(fields, fc.nat(), async (a, batch) => {
        expect(unpack(String(await run(STAMP, pack(a), String(batch))))).toEqual(stampLast(a, batch));
      }),
      { numRuns },
    );
  });
  test.each(MARKS)(
    'take the same texts of %s as core does, in the old entry and in the new one',
    async (field) => {
      const entry = (value: string): string => JSON.stringify({ [field]: value });
      const pairs = VALUES.flatMap((value) => [
        ['{}', entry(value)],
        ['{"+b":"1"}', entry(value)],
        ...[value, ...GOOD].flatMap((good) => [
          [entry(good), entry(value)],
          [entry(value), entry(good)],
        ]),
      ]) as [string, string][];
      for (const [old, value] of pairs)
        expect([old, value, await mergedByScript(run, old, value)]).toEqual([
          old,
          value,
          mergedByCore(old, value),
        ]);
    },
  );

  test('take the same entries as core does, as the old one and as the new one', async () => {
    for (const old of ENTRIES)
      for (const value of ENTRIES)
        expect([old, value, await mergedByScript(run, old, value)]).toEqual([
          old,
          value,
          mergedByCore(old, value),
        ]);
  });

  test('do not stamp what is no entry', async () => {
    for (const packed of ['', 'x', '[]', '{"=a":NaN}', '{'])
      expect(await run(STAMP, packed, '1')).toBe('refused: corrupt');
  });
});
