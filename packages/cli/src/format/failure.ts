import { printableJson, printableLines } from './printable.js';

/** What is wrong: a line for people, or JSON. The code is that of a `SluiceError`. */
export function failureText(message: string, isJson: boolean, code?: string): string {
  if (isJson) return `${printableJson({ error: { code, message } })}\n`;
  return `error: ${printableLines(message)}${code === undefined ? '' : ` [${code}]`}\n`;
}
