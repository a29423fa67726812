// Its published types need those of browsers, which a service does not have.
declare module 'sql.js/dist/sql-asm.js' {
  interface Statement {
    bind(values: readonly unknown[]): boolean;
    step(): boolean;
    getAsObject(): Record<string, unknown>;
    getColumnNames(): string[];
    free(): boolean;
  }
  interface Database {
    run(sql: string): void;
    prepare(sql: string): Statement;
    getRowsModified(): number;
    close(): void;
  }
  function initSqlJs(): Promise<{ readonly Database: new () => Database }>;
  export default initSqlJs;
}
