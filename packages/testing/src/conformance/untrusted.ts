import assert from 'node:assert/strict';
import { type Extra, type Filters, max } from '@sluice/core';
import { fieldsOf, MAX_TARGET_KEY_LENGTH, targetKey } from '@sluice/core/backend';
import { type Fixture, keyOf, type Promises, page } from './fixture.js';

// What the JSON around the value takes of a target key.
const AROUND = keyOf('').length;

const VALUES: Readonly<Record<string, string>> = {
  'an empty string': '',
  'a NUL': 'a\0b',
  'line breaks and tabs': 'a\r\nb\tc',
  'quotes and backslashes': '"a" \\ \'b\' \\u0000',
  'lone surrogates': '\ud83d x \ude00',
  emoji: '👩‍👩‍👧 🎉',
  'right-to-left and combining characters': '\u05e9\u05dc\u05d5\u05dd e\u0301',
  'line separators and a byte order mark': '\u2028\u2029\ufeff',
  'what looks like a pattern or a hash tag': '{0}:*?[a-z]:{tag}',
  'the names that objects inherit': '__proto__',
};

/** Two deliveries, a burial and a redrive: every form in which a backend may keep a key. */
async function roundTrip({ add, bury, read, backend, drain }: Fixture, path: string): Promise<void> {
  const entry = page(path, { views: 2 });
  const [letter] = await bury([entry]);
  assert.equal(letter.entry.key, entry.key);
  await backend.redrive(0, [letter.id]);
  await add([entry, page('/other')]);
  assert.equal((await read(path))?.['+views'], 4);
  const drained = (await drain()).map(({ key, fields }) => [key, fields['+views']]);
  assert.deepEqual(drained, [
    [entry.key, 4],
    [keyOf('/other'), 1],
  ]);
}

const roundTrips = Object.fromEntries(
  Object.entries(VALUES).map(([what, value]) => [
    `a filter may hold ${what}`,
    (fixture: Fixture) => roundTrip(fixture, value),
  ]),
);

/** Keys and names come from outside: none is special, none is mangled. */
export const untrusted: Promises = {
  ...roundTrips,

  'a key may have 4096 characters': async (fixture) => {
    const path = '☃'.repeat(MAX_TARGET_KEY_LENGTH - AROUND);
    assert.equal(keyOf(path).length, MAX_TARGET_KEY_LENGTH);
    await roundTrip(fixture, path);
  },

  'keys that differ in one character are different targets': async ({ add, read }) => {
    const paths = ['/a', '/A', '/a ', ' /a', '/\u00e1', '/a\u0301', '/a\0', '/aa'];
    await add(paths.map((path, index) => page(path, { views: index + 1 })));
    const views = await Promise.all(paths.map(async (path) => (await read(path))?.['+views']));
    assert.deepEqual(
      views,
      paths.map((_, index) => index + 1),
    );
  },

  'filters of every type are different targets': async ({ add, drain }) => {
    const values: Filters[string][] = ['1', 1, 1n, true, 'true', null, 'null', new Date(1), 0.1, -1, 1e300];
    const keys = values.map((value) => targetKey('Page', { value }));
    await add(keys.map((key) => ({ key, fields: { '+views': 1 } })));
    assert.deepEqual(
      (await drain()).map(({ key }) => key),
      keys,
    );
  },

  'names that objects inherit are ordinary names': async ({ add, read }) => {
    const columns = { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: 4 };
    const extra: Extra = { constructor: 'c', toString: max(5), length: 0 };
    await add([page('constructor', columns, extra)]);
    await add([page('constructor', columns, extra)]);
    const doubled = Object.fromEntries(Object.entries(columns).map(([name, amount]) => [name, 2 * amount]));
    assert.deepEqual(await read('constructor'), fieldsOf(doubled, extra));
    assert.equal(await read('toString'), undefined);
  },

  'names may have any characters and look like anything': async ({ add, read }) => {
    const names = ['1', '007', '@', '+', '=x', '>', 'a b', '"quoted"', 'a:b{c}', '🎉', 'ü'.repeat(255)];
    const columns = Object.fromEntries(names.map((name, index) => [name, index + 1]));
    await add([page('/a', columns)]);
    await add([page('/a', columns)]);
    const doubled = Object.fromEntries(names.map((name, index) => [name, 2 * (index + 1)]));
    assert.deepEqual(await read('/a'), fieldsOf(doubled));
  },

  'an entry may have a hundred fields': async ({ add, read }) => {
    const columns = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`column ${index}`, index]));
    await add([page('/a', columns)]);
    assert.deepEqual(await read('/a'), fieldsOf(columns));
  },
};
