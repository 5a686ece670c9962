// What SET CONSTRAINTS has said in the transaction that runs, by the oid of the constraint: a
// temporary table of the machine, written by steps, so that savepoints undo it with the data.

/** In place of an oid: all constraints that no row of their own is about. */
export const ALL_CONSTRAINTS = 0n;

export const CREATE_CONSTRAINT_MODES =
  'CREATE TEMP TABLE balsa_constraint_modes (oid INTEGER PRIMARY KEY, is_deferred INTEGER NOT NULL)';

export const CONSTRAINT_MODES = 'SELECT oid, is_deferred FROM temp.balsa_constraint_modes';

export const CLEAR_CONSTRAINT_MODES = 'DELETE FROM temp.balsa_constraint_modes';

export const SET_CONSTRAINT_MODE =
  'INSERT OR REPLACE INTO temp.balsa_constraint_modes VALUES (?, ?)';
