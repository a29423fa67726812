import { type BoardOptions, board } from '@sluice/board';
import { describe, expect, test } from 'vitest';
import { bury, world } from './support/dead.js';
import { asker } from './support/request.js';

function setup(options: Partial<BoardOptions> = {}) {
  const { buffer, clock } = world();
  return { buffer, clock, ...asker(board({ buffer, clock, ...options })) };
}

const all = { authorize: () => true };

describe('the page', () => {
  test('runs no script and loads nothing but its own, and no site may frame it', async () => {
    const { get } = setup();
    const response = await get('/');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
      ]),
    );
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-frame-options')).toBe('DENY');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await response.text();
    expect(html).not.toMatch(/<script>|<style>|\son\w+=|style=|https?:/);
  });

  test.each(['/api/state', '/board.js', '/nowhere', '/api/nowhere'])(
    '%s has the same headers',
    async (path) => {
      const { get } = setup();
      expect((await get(path)).headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    },
  );

  test('has the title as text', async () => {
    const { get } = setup({ title: '</title><script>alert(1)</script>' });
    const html = await (await get('/')).text();
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&#60;script&#62;alert');
  });

  test('loads files that the browser may keep until they change', async () => {
    const { get } = setup();
    const first = await get('/board.js');
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toContain('javascript');
    const again = await get('/board.js', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect(again.status).toBe(304);
  });

  test('is at its path, with the slash, and nowhere else', async () => {
    const { get } = setup({ basePath: '/admin/sluice' });
    expect((await get('/admin/sluice/')).status).toBe(200);
    const redirect = await get('/admin/sluice');
    expect([redirect.status, redirect.headers.get('location')]).toEqual([308, 'sluice/']);
    expect((await get('/')).status).toBe(404);
    expect((await get('/admin/sluicebox/')).status).toBe(404);
    expect((await get('/admin/sluice/__proto__')).status).toBe(404);
  });

  test('is at its path as browsers write it', async () => {
    const { get } = setup({ basePath: '/bürö 1/sluice' });
    expect((await get('/bürö 1/sluice/board.js')).status).toBe(200);
    expect((await get('/b%C3%BCr%C3%B6%201/sluice/')).status).toBe(200);
  });

  test('takes no other method', async () => {
    const { post, get } = setup(all);
    expect((await post('/api/state', {})).status).toBe(405);
    expect((await get('/api/discard')).status).toBe(405);
  });
});

describe('what another site makes a browser send is refused', () => {
  const elsewhere: readonly (readonly [string, Record<string, string>])[] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['a form that a user sends by typing', { 'sec-fetch-site': 'none' }],
  ];

  test.each(elsewhere)('by %s', async (_, headers) => {
    const { buffer, post } = setup(all);
    await bury(buffer, [{ path: '/a' }]);
    const response = await post('/api/discard', { matching: {} }, headers);
    expect(response.status).toBe(403);
    expect((await buffer.stats()).dead).toBe(1);
  });

  test('by an old browser, which sends its origin alone', async () => {
    const { buffer, clock } = setup();
    const handle = board({ buffer, clock, ...all });
    const send = (origin: string) =>
      handle(
        new Request('http://board.test/api/redrive', {
          method: 'POST',
          headers: { origin, 'x-sluice-board': '1', 'content-type': 'application/json' },
          body: '{"matching":{}}',
        }),
      );
    expect((await send('https://evil.test')).status).toBe(403);
    expect((await send('null')).status).toBe(403);
    // Behind a proxy that ends TLS the scheme is another one.
    expect((await send('https://board.test')).status).toBe(200);
  });

  test('without the header that only the page sends', async () => {
    const { buffer, clock } = setup();
    const handle = board({ buffer, clock, ...all });
    const request = new Request('http://board.test/api/redrive', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: '{"matching":{}}',
    });
    expect((await handle(request)).status).toBe(403);
  });

  test('and so are reads', async () => {
    const { get } = setup();
    expect((await get('/api/state', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });
});

describe('who may act', () => {
  test('nobody, without a hook', async () => {
    const { buffer, get, post } = setup();
    await bury(buffer, [{ path: '/a' }]);
    expect(await (await get('/api/rights')).json()).toEqual({ redrive: false, discard: false });
    for (const action of ['redrive', 'discard']) {
      expect((await post(`/api/${action}`, { matching: {} })).status).toBe(403);
    }
    expect((await buffer.stats()).dead).toBe(1);
  });

  test('those of whom the hook says yes, for each action', async () => {
    const authorize: BoardOptions['authorize'] = async ({ headers }, action) =>
      headers.get('x-user') === 'ann' && action === 'redrive';
    const { buffer, get, post } = setup({ authorize });
    await bury(buffer, [{ path: '/a' }]);
    const ann = { 'x-user': 'ann' };
    expect(await (await get('/api/rights', ann)).json()).toEqual({ redrive: true, discard: false });
    expect((await post('/api/discard', { matching: {} }, ann)).status).toBe(403);
    expect((await post('/api/redrive', { matching: {} })).status).toBe(403);
    expect(await (await post('/api/redrive', { matching: {} }, ann)).json()).toEqual({
      asked: 1,
      done: 1,
      mayBeMore: false,
    });
  });

  test('a hook that says anything but true says no', async () => {
    const { post } = setup({ authorize: (() => 'yes') as never });
    expect((await post('/api/redrive', { matching: {} })).status).toBe(403);
  });

  test('the audit hears of each action before it is done, and can stop it', async () => {
    const heard: unknown[] = [];
    const { buffer, clock, post } = setup({
      ...all,
      onAction: ({ action, ids, request }) => {
        heard.push([action, ids.length, request.headers.get('x-user')]);
        if (action === 'discard') throw new Error('the audit log is full');
      },
    });
    await bury(buffer, [{ path: '/a' }, { path: '/b' }]);
    const discard = clock.until(post('/api/discard', { matching: {} }, { 'x-user': 'ann' }));
    await expect(discard).rejects.toThrow('audit log');
    expect((await buffer.stats()).dead).toBe(2);
    await clock.until(post('/api/redrive', { matching: {} }, { 'x-user': 'bob' }));
    expect((await buffer.stats()).dead).toBe(0);
    expect(heard).toEqual([
      ['discard', 2, 'ann'],
      ['redrive', 2, 'bob'],
    ]);
  });

  test('the audit hears of nothing that could not be an id', async () => {
    const heard: unknown[] = [];
    const { post } = setup({ ...all, onAction: ({ ids }) => heard.push(ids) });
    for (const id of ['0-x/000000\nann: discard 1-y/000000', '0-x\u202e/000000', 'x'.repeat(201), ''])
      expect((await post('/api/redrive', { ids: [id] })).status).toBe(400);
    expect(heard).toEqual([]);
  });

  test('an action takes a thousand dead letters at most', async () => {
    const { buffer, clock, post } = setup(all);
    const ids = Array.from({ length: 1001 }, (_, i) => `0-x/${String(i).padStart(6, '0')}`);
    expect((await post('/api/discard', { ids })).status).toBe(400);
    await bury(
      buffer,
      Array.from({ length: 1100 }, (_, i) => ({ path: `/${i}` })),
    );
    const response = await clock.until(post('/api/discard', { matching: {} }));
    expect(await response.json()).toEqual({ asked: 1000, done: 1000, mayBeMore: true });
    expect((await buffer.stats()).dead).toBe(100);
  });
});

describe('what requests bring', () => {
  test.each([
    ['no JSON', 'nonsense', 400],
    ['an array', '[]', 400],
    ['nothing to act on', '{}', 400],
    ['ids that are none', '{"ids":[1]}', 400],
    ['the id of no dead letter', '{"ids":["x"]}', 400],
    ['a query that is none', '{"matching":{"text":5}}', 400],
    ['too much', JSON.stringify({ ids: ['x'.repeat(300_000)] }), 413],
  ])('%s is refused', async (_, body, status) => {
    const { post } = setup(all);
    const response = await post('/api/redrive', body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: expect.any(String) });
  });

  test('must be JSON by its type, which a form cannot send', async () => {
    const { post } = setup(all);
    const status = async (type: string) =>
      (await post('/api/redrive', { matching: {} }, { 'content-type': type })).status;
    expect(await status('text/plain')).toBe(415);
    expect(await status('application/json-seq')).toBe(415);
    expect(await status('Application/JSON; charset=utf-8')).toBe(200);
  });

  test.each(['partition=x', 'partition=-1', 'limit=0', 'limit=1e9', 'from=x', `text=${'x'.repeat(201)}`])(
    'a page of dead letters by %s is refused',
    async (query) => {
      const { get } = setup();
      expect((await get(`/api/dead-letters?${query}`)).status).toBe(400);
    },
  );
});

describe('options', () => {
  const { buffer } = world();
  test.each([
    [undefined, 'plain object'],
    [{}, '"buffer"'],
    [{ buffer, basePath: 'board' }, '"basePath"'],
    [{ buffer, title: 5 }, '"title"'],
    [{ buffer, authorize: true }, '"authorize"'],
    [{ buffer, onAction: {} }, '"onAction"'],
    [{ buffer, commandsPerSecond: 0 }, '"commandsPerSecond"'],
    [{ buffer, authorise: () => true }, 'authorise'],
  ])('%j are refused', (options, named) => {
    expect(() => board(options as never)).toThrow(named);
  });
});
