// Configuration <-> the data of a configuration entry.
import { ByteReader, ByteWriter, DecodeError } from '../util/bytes.ts';
import type { Configuration } from './configuration.ts';
import type { NodeId } from './entry.ts';

const VERSION = 1;
const COUNT_MAX = 1000;

function writeIds(writer: ByteWriter, ids: readonly NodeId[]): void {
  writer.u16(ids.length);
  for (const id of ids) writer.u32(id);
}

function readCount(reader: ByteReader): number {
  const count = reader.u16();
  if (count > COUNT_MAX) throw new DecodeError(`${count} members`);
  return count;
}

function readIds(reader: ByteReader): NodeId[] {
  return Array.from({ length: readCount(reader) }, () => reader.u32());
}

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(VERSION);
  writeIds(writer, configuration.voters);
  writer.boolean(configuration.votersOld !== null);
  if (configuration.votersOld !== null) writeIds(writer, configuration.votersOld);
  writeIds(writer, configuration.learners);
  writer.u16(configuration.members.length);
  for (const { id, host, port } of configuration.members) writer.u32(id).string(host).u16(port);
  return writer.finish();
}

/** Throws DecodeError. */
export function decodeConfiguration(data: Uint8Array): Configuration {
  const reader = new ByteReader(data);
  const version = reader.u8();
  if (version !== VERSION) throw new DecodeError(`configuration version ${version}`);
  const voters = readIds(reader);
  const votersOld = reader.boolean() ? readIds(reader) : null;
  const learners = readIds(reader);
  const members = Array.from({ length: readCount(reader) }, () => ({
    id: reader.u32(),
    host: reader.string(),
    port: reader.u16(),
  }));
  reader.end();
  return { voters, votersOld, learners, members };
}
