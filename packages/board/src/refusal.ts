/** What a request is refused with: its message is for the page. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 429 | 503,
    message: string,
  ) {
    super(message);
  }
}
