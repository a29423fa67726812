/** What runs in the browser is bundled as text. */
declare module '*?bundle' {
  export const script: string;
  export const style: string;
  /** Another one for another text. */
  export const tag: string;
}
