// What can be wrong with a data directory.

/** Bytes that had been durable are damaged: the node must not go on with them (R36). */
export class CorruptLogError extends Error {
  override readonly name = 'CorruptLogError';
  readonly file: string;
  readonly offset: number;

  constructor(file: string, offset: number, what: string) {
    super(`${file} is corrupt at byte ${offset}: ${what}`);
    this.file = file;
    this.offset = offset;
  }
}

/** The directory cannot be used: of another cluster or node, or in use. One line for a person. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
}

/** The file system, or the quota on it, is full: nothing is broken. */
export function isOutOfSpace(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
