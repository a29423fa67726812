/** A picture of a page in docs/. */
export interface Picture {
  /** Its path in docs/. */
  readonly file: string;
  readonly png: Uint8Array;
}
