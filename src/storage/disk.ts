// The few file operations that storage needs. node-disk.ts does them on real files; the simulator
// has a disk that loses and tears what was not synced. Only the fsyncs of the running node may be
// asynchronous (a slow one must not stop the heartbeats; see paced-disk.ts): opening, recovery and
// reading back are synchronous, and a write goes to the page cache.

export interface Disk {
  /** Creates the directory and its parents, durably. */
  makeDirectory(path: string): void;
  /** Names in the directory, sorted. */
  list(directory: string): readonly string[];
  exists(path: string): boolean;
  /** Creates the file if need be. */
  open(path: string): DiskFile;
  rename(source: string, target: string): void;
  remove(path: string): void;
  /** Makes creations, renames and removals in the directory durable (R32). */
  syncDirectory(directory: string): void;
  /** What may be written yet to the file system of the directory; Infinity if it does not tell. */
  freeBytes(directory: string): number;
}

export interface DiskFile {
  byteCount(): number;
  /** Fewer bytes than asked for only at the end of the file. */
  read(position: number, byteCount: number): Buffer;
  /** Throws on any failure; a short write is continued (R34). */
  write(position: number, bytes: Uint8Array): void;
  /** fdatasync: everything written so far. One at a time (R33). May call back before it returns. */
  sync(callback: (error: Error | null) => void): void;
  syncNow(): void;
  close(): void;
}
