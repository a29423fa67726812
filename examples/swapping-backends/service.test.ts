import { recordingSink, startRedisServer } from '@sluice/testing';
import { afterAll, expect, test, vi } from 'vitest';
import { openShop, sell } from './service.js';

const redis = await startRedisServer();
afterAll(() => redis.stop());

test.each(['memory:', redis.url, 'pglite:'])('sales are added up per product on %s', async (url) => {
  const sink = recordingSink();
  await using shop = await openShop(sink, url);
  await Promise.all([sell(shop, 'mug', 900), sell(shop, 'mug', 850), sell(shop, 'pen', 200)]);
  expect(await shop.get('Product', ['sold', 'cents'], { sku: 'mug' })).toEqual({ sold: 2, cents: 1750 });

  expect(await shop.processPending()).toMatchObject({ entries: 2 });
  expect(sink.total('Product', 'cents', { sku: 'mug' })).toBe(1750);
  expect(sink.total('Product', 'sold')).toBe(3);
  expect(await shop.stats()).toMatchObject({ pending: 0, claimed: 0, dead: 0 });
});

test('the environment picks the backend', async () => {
  vi.stubEnv('SLUICE_URL', `${redis.url}?prefix=shop`);
  try {
    await using first = await openShop(recordingSink());
    await sell(first, 'mug', 900);
    // Another process with the same environment sees the sale.
    await using second = await openShop(recordingSink());
    expect(await second.get('Product', ['sold'], { sku: 'mug' })).toEqual({ sold: 1 });
  } finally {
    vi.unstubAllEnvs();
  }
});
