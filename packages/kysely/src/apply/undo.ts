import { type Kysely, sql } from 'kysely';

/** The transaction that was at hand has ended by itself: nothing more may be done in its place. */
export class TransactionLost extends Error {
  /** The error after which it was gone. */
  readonly reason: unknown;

  constructor(message: string, reason: unknown) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Runs a task; if it fails with an error that may be undone, what it did is undone, and the transaction goes on. Any
 * other error may have ended the transaction, and what is done next would be kept by itself.
 * Savepoints have names of their own, since one inside another may be left behind by an error that is not undone there.
 * @throws the task's error; TransactionLost when there is nothing to go back to
 */
export async function undoable<T>(
  db: Kysely<unknown>,
  savepoint: 'sluice_entries' | 'sluice_insert',
  mayUndo: (error: unknown) => boolean,
  task: () => Promise<T>,
): Promise<T> {
  await sql`savepoint ${sql.id(savepoint)}`.execute(db);
  try {
    const result = await task();
    await sql`release savepoint ${sql.id(savepoint)}`.execute(db);
    return result;
  } catch (error) {
    if (!mayUndo(error)) throw error;
    await undo(db, savepoint, error);
    throw error;
  }
}

async function undo(db: Kysely<unknown>, savepoint: string, reason: unknown): Promise<void> {
  try {
    await sql`rollback to savepoint ${sql.id(savepoint)}`.execute(db);
    await sql`release savepoint ${sql.id(savepoint)}`.execute(db);
  } catch (error) {
    // Without a cause: whose fault the first error was no longer matters.
    throw new TransactionLost(
      `The transaction ended by itself after: ${reason}. Nothing of it was kept. The database says: ${error}`,
      reason,
    );
  }
}
