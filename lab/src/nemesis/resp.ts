// What Redis and its clients send: "$5\r\nhello\r\n", "*2\r\n…", ":1\r\n", "+OK\r\n", "-ERR …\r\n".

/** What is followed by as many bytes. */
const BLOBS = '$=!';
/** How many messages follow for each one of the size. */
const PARTS: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2 };

/** Takes a stream of bytes, given as latin1, apart into messages. */
export class MessageReader {
  #rest = '';

  /** Whether the last message is still incomplete. */
  get isWithin(): boolean {
    return this.#rest !== '';
  }

  /** Takes the next bytes; returns the messages that they complete. */
  take(bytes: string): string[] {
    this.#rest += bytes;
    const messages: string[] = [];
    let start = 0;
    for (let end = endOf(this.#rest, start); end !== undefined; end = endOf(this.#rest, start)) {
      messages.push(this.#rest.slice(start, end));
      start = end;
    }
    this.#rest = this.#rest.slice(start);
    return messages;
  }
}

/** Where the message that begins at an index ends, if it is all there. */
function endOf(text: string, start: number): number | undefined {
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const type = text.charAt(start);
  const size = Number(text.slice(start + 1, lineEnd));
  let end: number | undefined = lineEnd + 2;
  if (BLOBS.includes(type) && size >= 0) {
    end += size + 2;
    return end <= text.length ? end : undefined;
  }
  for (let parts = size * (PARTS[type] ?? 0); parts > 0 && end !== undefined; parts -= 1)
    end = endOf(text, end);
  return end;
}
