import { InvalidInputError } from '../../errors.js';
import { quote } from '../../support/text.js';

/** The longest extra value, in UTF-16 code units: of its JSON text, or of a text in max() or min(). */
export const MAX_EXTRA_LENGTH = 8192;

export function tooLarge(name: string): InvalidInputError {
  return new InvalidInputError(
    'ERR_SLUICE_TOO_LARGE',
    `The extra ${quote(name)} is larger than ${MAX_EXTRA_LENGTH} characters of JSON. Keep large values elsewhere and send their id.`,
  );
}
