// Modes of locks and which of them conflict: Postgres' eight (PG: 13.3.1 "Table-Level Locks"). Row
// locks and advisory locks use some of them, as they do in Postgres' own lock table.

export const ACCESS_SHARE = 1;
export const ROW_SHARE = 2;
export const ROW_EXCLUSIVE = 3;
export const SHARE_UPDATE_EXCLUSIVE = 4;
export const SHARE = 5;
export const SHARE_ROW_EXCLUSIVE = 6;
export const EXCLUSIVE = 7;
export const ACCESS_EXCLUSIVE = 8;

/** From 1 to 8. */
export type LockMode = number;

const CONFLICTS: readonly (readonly LockMode[])[] = [
  [],
  [ACCESS_EXCLUSIVE],
  [EXCLUSIVE, ACCESS_EXCLUSIVE],
  [SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE],
  [SHARE_UPDATE_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE],
  [ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE],
  [ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE],
  [
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
  ],
  [
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
  ],
];

/** By mode, the modes that conflict with it as bits. */
const MASKS = CONFLICTS.map((modes) => modes.reduce((mask, mode) => mask | (1 << mode), 0));

export function conflicts(a: LockMode, b: LockMode): boolean {
  return ((MASKS[a] ?? 0) & (1 << b)) !== 0;
}

/** True if a lock of the mode `held` keeps out all that one of the mode `wanted` would. */
export function covers(held: LockMode, wanted: LockMode): boolean {
  const mask = MASKS[wanted] ?? 0;
  return ((MASKS[held] ?? 0) & mask) === mask;
}
