/** The page before anything is known: its script fills it in. */
export function documentOf(title: string): string {
  const heading = escaped(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${heading}</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="board.css">
<script src="board.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
  <h1>${heading}</h1>
  <p id="status" role="status" data-state="waiting">Connecting …</p>
</header>
<p id="trouble" role="alert" hidden></p>
<noscript><p class="trouble">The board needs JavaScript.</p></noscript>
<main id="main" tabindex="-1">
  <section aria-label="Totals"><dl id="totals" class="totals"></dl></section>
  <section aria-label="The last minutes"><div id="plots" class="plots"></div></section>
  <section aria-labelledby="partitions-heading">
    <div class="bar">
      <h2 id="partitions-heading">Partitions</h2>
      <div id="measures" class="choices" role="radiogroup" aria-label="Shade by"></div>
    </div>
    <div id="heat" class="heat" role="group" aria-labelledby="partitions-heading"></div>
    <div id="partition" class="partition"></div>
  </section>
  <section aria-labelledby="batches-heading">
    <h2 id="batches-heading">Batches under way</h2>
    <div id="batches"></div>
  </section>
  <section aria-labelledby="letters-heading">
    <h2 id="letters-heading">Dead letters</h2>
    <div id="letters"></div>
  </section>
  <section aria-labelledby="target-heading">
    <h2 id="target-heading">Look up a target</h2>
    <div id="target"></div>
  </section>
</main>
<dialog id="confirm" aria-labelledby="confirm-heading"></dialog>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#2563eb" d="M2 3h12v2H2zm2 4h8v2H4zm2 4h4v2H6z"/></svg>`;
