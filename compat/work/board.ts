import assert from 'node:assert/strict';
import { board } from '@sluice/board';
import { serve } from '@sluice/board/node';
import { createBuffer } from '@sluice/core';
import { memory } from '@sluice/memory';

/** What a service does that shows its buffer in a browser. */
export const boardSteps: Readonly<Record<string, () => Promise<void>>> = {
  async board() {
    const buffer = createBuffer({ backend: memory() });
    const server = await serve(board({ buffer }));
    const page = await (await fetch(server.url)).text();
    const script = /<script[^>]* src="([^"]+)"/.exec(page)?.[1] ?? 'the page has no script';
    const loaded = await fetch(new URL(script, server.url));
    assert.match(await loaded.text(), /\bfetch\(/);
    await server.close();
    await buffer.close();
  },
};
