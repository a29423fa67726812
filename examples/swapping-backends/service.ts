import { openBuffer, type Sink, type SluiceBuffer } from '@sluice/core';

/** What this service counts. */
export interface ShopSchema {
  Product: { columns: 'sold' | 'cents'; filters: { sku: string } };
}

/**
 * Opens the service's buffer. Where increments wait is a matter of configuration: memory while developing,
 * Redis in production, or your own backend, which is imported only when its scheme is used.
 */
export function openShop(
  sink: Sink<ShopSchema>,
  url = process.env.SLUICE_URL ?? 'memory:',
): Promise<SluiceBuffer<ShopSchema>> {
  return openBuffer<ShopSchema>({
    url,
    sink,
    schemes: {
      'pglite:': async (address) => {
        const { fromUrl } = await import('../own-backend/postgres-backend.js');
        return fromUrl(address);
      },
    },
  });
}

/** Counts a sale. */
export async function sell(shop: SluiceBuffer<ShopSchema>, sku: string, cents: number): Promise<void> {
  await shop.incr('Product', { sold: 1, cents }, { sku });
}
