import pg from 'pg';

/** The table that pages' views are counted in. */
export class PageTable implements AsyncDisposable {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async connect(url: string): Promise<PageTable> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`
      CREATE TABLE IF NOT EXISTS page (
        path text PRIMARY KEY,
        views bigint NOT NULL DEFAULT 0
      )
    `);
    return new PageTable(client);
  }

  /** Leaves a row without views for each page, and PostgreSQL with nothing left to do. */
  async fill(paths: Iterable<string>): Promise<void> {
    await this.#client.query('TRUNCATE page');
    await this.#client.query('INSERT INTO page (path) SELECT unnest($1::text[])', [[...new Set(paths)]]);
    await this.#client.query('VACUUM ANALYZE page');
    await this.#client.query('CHECKPOINT');
  }

  /** @throws Error unless the rows have this many views in all */
  async verify(views: number): Promise<void> {
    const { rows } = await this.#client.query<{ sum: string }>('SELECT sum(views) AS sum FROM page');
    const sum = Number(rows[0]?.sum);
    if (sum !== views) throw new Error(`The table has ${sum} views, of ${views} that were counted.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end();
  }
}
