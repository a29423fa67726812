/** Says on stderr, through the process's warnings, what nobody listens for. */
export function warn(message: string): void {
  process.emitWarning(message, { type: 'SluiceWarning' });
}
