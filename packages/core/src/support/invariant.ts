import { SluiceError } from '../errors.js';

/**
 * Stops at an impossible state: to go on would put wrong data into the backend.
 * @throws SluiceError `ERR_SLUICE_INTERNAL`
 */
export function invariant(holds: boolean, broken: string): asserts holds {
  if (!holds) {
    throw new SluiceError(
      'ERR_SLUICE_INTERNAL',
      `A bug in Sluice: ${broken}. Please report it, with the stack.`,
    );
  }
}
