const LONGEST = 2000;

/** Text from elsewhere, shortened for the page. */
export function shortened(text: string): string {
  const short = text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
  // A cut may go through a character.
  return short.toWellFormed();
}

// Drivers quote their input: an address may hold a password.
const ADDRESS = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)\S+/gi;

export function withoutAddresses(text: string): string {
  return text.replace(ADDRESS, '$1…');
}

/** What went wrong, as the page may show it. */
export function shownReason(text: string): string {
  return shortened(withoutAddresses(text));
}
