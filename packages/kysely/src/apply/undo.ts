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

// Names of their own, since one inside another may be left behind by an error that is not undone there.
type Savepoint = 'sluice_entries' | 'sluice_same' | 'sluice_insert' | 'sluice_probe';

/**
 * Runs a task; if it fails with an error that may be undone, what it did is undone, and the transaction goes on. Any
 * other error may have ended the transaction, and what is done next would be kept by itself.
 * @throws the task's error; TransactionLost when there is nothing to go back to
 */
export async function undoable<T>(
  db: Kysely<unknown>,
  savepoint: Savepoint,
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

/** Runs a task and undoes what it did. If it fails nothing is undone: the whole transaction is to be rolled back. */
export async function undone(
  db: Kysely<unknown>,
  savepoint: Savepoint,
  task: () => Promise<void>,
): Promise<void> {
  await sql`savepoint ${sql.id(savepoint)}`.execute(db);
  await task();
  await undo(db, savepoint, 'a statement without rows');
}

async function undo(db: Kysely<unknown>, savepoint: Savepoint, reason: unknown): Promise<void> {
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
