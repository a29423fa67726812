const LENGTH = 40;

/** What `error.type` says: the code of Sluice or of a driver, or else the name of the error's class. */
export function errorTypeOf(error: unknown): string {
  try {
    const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
    const type = [code, name].find((value) => typeof value === 'string' && value !== '');
    // A code of MySQL may be a number.
    return String(type ?? code ?? '_OTHER').slice(0, LENGTH);
  } catch {
    return '_OTHER';
  }
}
