import { isRecord } from './is-record.js';
import { Refusal } from './refusal.js';

const MOST_BYTES = 256 * 1024;

/** The JSON object that a request brings. Rejects with a Refusal if it brings anything else, or too much. */
export async function bodyOf(request: Request): Promise<Record<string, unknown>> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new Refusal(415, 'The request must be JSON.');
  }
  const value = parsed(await textOf(request));
  if (!isRecord(value)) throw new Refusal(400, 'The request must be a JSON object.');
  return value;
}

async function textOf({ body }: Request): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Refusal(413, 'The request is too large.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
