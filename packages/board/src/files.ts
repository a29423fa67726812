import { documentOf, ICON } from './document.js';
import { script, style, tag } from './page/main.ts?bundle';
import { file, page } from './reply.js';
import type { Routes } from './router.js';

/** The page, and what it loads. */
export function pageFiles(title: string): Routes {
  const document = documentOf(title);
  return {
    'GET ': (request) => page(document, request),
    'GET board.js': (request) => file(script, 'text/javascript', tag, request),
    'GET board.css': (request) => file(style, 'text/css', tag, request),
    'GET icon.svg': (request) => file(ICON, 'image/svg+xml', tag, request),
  };
}
