import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChromium } from '@sluice/test-servers';
import { boardPictures } from './board.js';
import { terminalPictures } from './terminal.js';

// `npm run pictures` makes the pictures of docs/board.md and docs/cli.md.

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

const browser = await startChromium();
try {
  for (const pictures of [boardPictures, terminalPictures]) {
    for await (const { file, png } of pictures(browser)) {
      await mkdir(dirname(join(DOCS, file)), { recursive: true });
      await writeFile(join(DOCS, file), png);
      console.log(`docs/${file}`);
    }
  }
} finally {
  await browser.close();
}
