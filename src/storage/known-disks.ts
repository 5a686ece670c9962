// Which disk each peer had when it was first met. A node that comes back under its old number with
// another disk may have forgotten its votes, so it is refused for ever (R115, D13).
import type { NodeId } from '../raft/entry.ts';
import type { Disk } from './disk.ts';
import { DataDirectoryError } from './errors.ts';
import { readWhole, writeWhole } from './identity.ts';

const NAME = 'known-disks.json';
const TEMPORARY = 'known-disks.tmp';

export class KnownDisks {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #known: Map<NodeId, string>;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#known = new Map(this.#read());
  }

  #read(): readonly [NodeId, string][] {
    const path = `${this.#directory}/${NAME}`;
    if (!this.#disk.exists(path)) return [];
    try {
      const entries = Object.entries(JSON.parse(readWhole(this.#disk, path)) as object);
      return entries.map(([id, diskId]) => [Number(id), String(diskId)]);
    } catch (error) {
      throw new DataDirectoryError(`${path} is damaged: ${(error as Error).message}`);
    }
  }

  /** null if the peer is who it was; else why it is refused. */
  verify(nodeId: NodeId, diskId: Uint8Array): string | null {
    const text = Buffer.from(diskId).toString('hex');
    const known = this.#known.get(nodeId);
    if (known === undefined) {
      const all = JSON.stringify(Object.fromEntries([...this.#known, [nodeId, text]]));
      writeWhole(this.#disk, this.#directory, TEMPORARY, NAME, all);
      this.#known.set(nodeId, text);
      return null;
    }
    if (known === text) return null;
    return `node ${nodeId} comes with another disk than before: a wiped node may have forgotten its votes and cannot return under its old number`;
  }
}
