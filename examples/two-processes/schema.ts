/** What the two processes agree on: what is counted, and where it waits. */
export interface PageSchema {
  Page: { columns: 'views'; filters: { path: string } };
}

export const url = process.env.SLUICE_URL ?? 'redis://127.0.0.1:6379';
