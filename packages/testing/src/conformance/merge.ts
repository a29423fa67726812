import assert from 'node:assert/strict';
import { type Extra, max, min, type Random } from '@sluice/core';
import { type Fields, merge, type StoredEntry } from '@sluice/core/backend';
import { drawInteger, drawOne, seededRandom } from '../seeded-random.js';
import { type Fixture, keyOf, type Promises, page } from './fixture.js';

const DAY = Date.UTC(2026, 0, 2);

/** The fields of a page after each of these extras was added to it. */
async function mergedExtra(fixture: Fixture, ...extras: readonly Extra[]): Promise<Fields> {
  for (const extra of extras) await fixture.add([page('/a', {}, extra)]);
  return (await fixture.read('/a')) ?? assert.fail('what was added is pending');
}

/** Entries of one target combine field by field. */
export const merging: Promises = {
  'columns add up': async ({ add, read }) => {
    await add([page('/a', { views: 1, bytes: 100 })]);
    await add([page('/a', { views: 2 })]);
    assert.deepEqual(await read('/a'), { '+views': 3, '+bytes': 100 });
  },

  'negative amounts subtract': async ({ add, read }) => {
    await add([page('/a', { views: 5, stock: -3 })]);
    await add([page('/a', { views: -7, stock: -4 })]);
    const fields = await read('/a');
    assert.deepEqual([fields?.['+views'], fields?.['+stock']], [-2, -7]);
  },

  'a sum of zero stays pending': async ({ add, drain }) => {
    await add([page('/a', { views: 2 })]);
    await add([page('/a', { views: -2 })]);
    assert.deepEqual(
      (await drain()).map(({ fields }) => fields['+views']),
      [0],
    );
  },

  'a later increment may bring new columns and values': async ({ add, read }) => {
    await add([page('/a', { views: 1 })]);
    await add([page('/a', { likes: 1 }, { title: 'A', rank: max(3) })]);
    const expected = { '+views': 1, '+likes': 1, '=title': '"A"', '>rank': 3 };
    assert.deepEqual(await read('/a'), expected);
  },

  'sums are exact up to 2^53 − 1': async ({ add, read }) => {
    await add([page('/a', { up: Number.MAX_SAFE_INTEGER - 1, down: Number.MIN_SAFE_INTEGER + 1 })]);
    await add([page('/a', { up: 1, down: -1 })]);
    const fields = await read('/a');
    assert.deepEqual(
      [fields?.['+up'], fields?.['+down']],
      [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    );
  },

  'the last write of a value wins': async (fixture) => {
    const fields = await mergedExtra(fixture, { title: 'first' }, { title: 'second' }, { title: 'about' });
    assert.deepEqual(fields, { '=title': '"about"' });
  },

  'max keeps the greatest number': async (fixture) => {
    const fields = await mergedExtra(fixture, { rank: max(9) }, { rank: max(10) }, { rank: max(2) });
    assert.deepEqual(fields, { '>rank': 10 });
  },

  'min keeps the least number': async (fixture) => {
    const fields = await mergedExtra(fixture, { rank: min(10) }, { rank: min(9) }, { rank: min(11) });
    assert.deepEqual(fields, { '<rank': 9 });
  },

  'max and min compare negative numbers and fractions': async (fixture) => {
    const extras = [-5, -0.5, -12.25].map((value) => ({ high: max(value), low: min(value) }));
    assert.deepEqual(await mergedExtra(fixture, ...extras), { '>high': -0.5, '<low': -12.25 });
  },

  'max and min keep numbers to the last digit': async (fixture) => {
    const numbers = {
      tiny: 5e-324,
      huge: Number.MAX_VALUE,
      third: 1 / 3,
      sum: 0.1 + 0.2,
      zero: 0,
      long: 2 ** 53 + 2,
    };
    const extra = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, max(value)]));
    const expected = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`>${name}`, value]));
    assert.deepEqual(await mergedExtra(fixture, extra, extra), expected);
  },

  'max and min keep the latest and the earliest Date': async (fixture) => {
    const dates = [DAY, DAY + 1, DAY - 1].map((ms) => new Date(ms));
    const fields = await mergedExtra(
      fixture,
      ...dates.map((date) => ({ last: max(date), first: min(date) })),
    );
    assert.deepEqual(fields, { '>last': `d${DAY + 1}`, '<first': `d${DAY - 1}` });
  },

  'Dates before 1970 compare as well': async (fixture) => {
    const dates = [-1, -1000, 0].map((ms) => new Date(ms));
    const fields = await mergedExtra(
      fixture,
      ...dates.map((date) => ({ last: max(date), first: min(date) })),
    );
    assert.deepEqual(fields, { '>last': 'd0', '<first': 'd-1000' });
  },

  'max and min compare text by code points': async (fixture) => {
    const texts = ['a', '\uffff', 'B', '🎉', 'é'].map((text) => ({ last: max(text), first: min(text) }));
    assert.deepEqual(await mergedExtra(fixture, ...texts), { '>last': 's🎉', '<first': 'sB' });
  },

  'max and min compare bigints exactly': async (fixture) => {
    const bigints = [2n ** 53n, 2n ** 53n + 1n, -(2n ** 100n), -(2n ** 100n) - 1n];
    const fields = await mergedExtra(
      fixture,
      ...bigints.map((value) => ({ high: max(value), low: min(value) })),
    );
    assert.deepEqual(fields, { '>high': 'b9007199254740993', '<low': 'b-1267650600228229401496703205377' });
  },

  'companions belong to the value that won': async (fixture) => {
    const steps = [7, 9, 8].map((step) => ({ step: max(step, step === 9 ? {} : { message: `${step}` }) }));
    const { '>step': step } = await mergedExtra(fixture, ...steps);
    assert.deepEqual(JSON.parse(String(step)), ['9', { message: ['7', '"7"'] }]);
  },

  'one name may have a sum, a last, a greatest and a least value': async ({ add, read }) => {
    await add([page('/a', { size: 4 }, { size: 'small' })]);
    await add([page('/a', {}, { size: max(4) })]);
    await add([page('/a', {}, { size: min(3) })]);
    const expected = { '+size': 4, '=size': '"small"', '>size': 4, '<size': 3 };
    assert.deepEqual(await read('/a'), expected);
  },

  'values keep their JSON text': async (fixture) => {
    const extra = {
      text: 'a "quote", a \\, a\nline, \u0000, ☃ and 🎉',
      list: [1, { deep: [null] }],
      empty: '',
      none: null,
    };
    const fields = await mergedExtra(fixture, { text: 'old', list: [], empty: 'old', none: 1 }, extra);
    assert.deepEqual(fields, page('/a', {}, extra).fields);
  },

  'a value may be 8000 characters long': async (fixture) => {
    const extra = { text: '🎉'.repeat(4000) };
    assert.deepEqual(await mergedExtra(fixture, extra, extra), page('/a', {}, extra).fields);
  },

  'an entry remembers when its first increment came': async ({ add, drain, clock }) => {
    const first = clock.now();
    await add([page('/a')]);
    await clock.advance(5000);
    await add([page('/a'), page('/b')]);
    const times = (await drain()).map(({ fields }) => fields['@']);
    assert.deepEqual(times, [first, first + 5000]);
  },

  'entries that differ only in signalOnly do not mix': async ({ add, backend }) => {
    const ordinary = page('/a');
    const signal: StoredEntry = {
      key: ordinary.key.replace(/]$/, ',"signalOnly"]'),
      fields: { '+views': 10 },
    };
    await add([ordinary, signal]);
    const read = await backend.read([ordinary, signal].map(({ key }) => ({ partition: 0, key })));
    assert.deepEqual(
      read.map(({ pending }) => pending?.['+views']),
      [1, 10],
    );
  },

  'merging is the same as in core, for any fields': async ({ add, drain, clock }) => {
    const random = seededRandom(20);
    const expected: Record<string, Fields> = {};
    for (let writes = 0; writes < 60; writes += 1) {
      const entries = ['/a', '/b', '/c'].filter(() => random() < 0.7).map((path) => randomPage(random, path));
      for (const { key, fields } of entries) {
        const known = expected[key];
        if (known === undefined) expected[key] = { '@': clock.now(), ...fields };
        else merge(known, fields);
      }
      await add(entries);
    }
    assert.deepEqual(Object.fromEntries((await drain()).map(({ key, fields }) => [key, fields])), expected);
  },
};

function randomPage(random: Random, path: string): StoredEntry {
  const names = ['x', 'y', 'constructor', 'lange Namen, ünd "mehr"'];
  const fields: Fields = {};
  for (const name of names) {
    const rule = drawOne(random, ['+', '=', '>', '<', '']);
    if (rule === '+') fields[`+${name}`] = drawInteger(random, 2 ** 41) - 2 ** 40;
    if (rule === '=')
      fields[`=${name}`] = JSON.stringify(drawOne(random, ['', 'ü', '1', '"', 7, true, null]));
    if (rule === '>' || rule === '<') fields[rule + name] = randomExtreme(random, name);
  }
  return { key: keyOf(path), fields };
}

// One name has either numbers or Dates: a service that mixes them has no order to ask for.
function randomExtreme(random: Random, name: string): number | string {
  if (name === 'y') return `d${drawInteger(random, 2e12) - 1e12}`;
  const number = (random() - 0.5) * 10 ** drawInteger(random, 20);
  return drawOne(random, [number, Math.trunc(number) + 0]);
}
