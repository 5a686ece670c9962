// Who this data directory belongs to: written once, when it is first used (R115).
import { DataDirectoryError } from './errors.ts';
import type { Disk } from './disk.ts';

const NAME = 'identity.json';
const TEMPORARY = 'identity.tmp';

export interface StoredIdentity {
  /** Hex, 32 digits. */
  readonly clusterId: string;
  readonly nodeId: number;
  /** Hex, 32 digits; random, made with the directory. */
  readonly diskId: string;
}

/** The identity of the directory; `wanted` becomes it if the directory is new. */
export function openIdentity(
  disk: Disk,
  directory: string,
  wanted: StoredIdentity,
): StoredIdentity {
  disk.makeDirectory(directory);
  const path = `${directory}/${NAME}`;
  if (!disk.exists(path)) {
    writeWhole(disk, directory, TEMPORARY, NAME, JSON.stringify(wanted));
    return wanted;
  }
  const stored = parseIdentity(readWhole(disk, path), path);
  if (stored.nodeId !== wanted.nodeId) {
    throw new DataDirectoryError(
      `${directory} belongs to node ${stored.nodeId}, but this is node ${wanted.nodeId} (--id)`,
    );
  }
  if (stored.clusterId !== wanted.clusterId) {
    throw new DataDirectoryError(
      `${directory} belongs to another cluster: it was created with other --peers or another --cluster name`,
    );
  }
  return stored;
}

function parseIdentity(text: string, path: string): StoredIdentity {
  try {
    const value = JSON.parse(text) as Partial<StoredIdentity>;
    const { clusterId, nodeId, diskId } = value;
    const isHex = (id: unknown): id is string =>
      typeof id === 'string' && /^[0-9a-f]{32}$/.test(id);
    if (isHex(clusterId) && isHex(diskId) && Number.isInteger(nodeId)) {
      return { clusterId, diskId, nodeId: nodeId as number };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DataDirectoryError(`${path} is damaged; a node never guesses who it is`);
}

export function readWhole(disk: Disk, path: string): string {
  const file = disk.open(path);
  try {
    return file.read(0, file.byteCount()).toString('utf8');
  } finally {
    file.close();
  }
}

/** Writes a small file durably, in one step. */
export function writeWhole(
  disk: Disk,
  directory: string,
  temporary: string,
  name: string,
  text: string,
): void {
  if (disk.exists(`${directory}/${temporary}`)) disk.remove(`${directory}/${temporary}`);
  const file = disk.open(`${directory}/${temporary}`);
  file.write(0, Buffer.from(text));
  file.syncNow();
  file.close();
  disk.rename(`${directory}/${temporary}`, `${directory}/${name}`);
  disk.syncDirectory(directory);
}
