// The one packet of net-ipc that nodes exchange once they have greeted: a message of bytes, that is
// {t: 1, d: bytes} in MessagePack behind its length, seven bits a byte, the last one marked. Written
// and read here without the objects, promises and copies of the general way, which took half of the
// processor time of a message.

const TYPE_MESSAGE = 1;
/** A map of two with a long length, "t", 1, "d"; then the bytes behind their own length. */
const HEAD = Buffer.from([0xde, 0, 2, 0xa1, 0x74, TYPE_MESSAGE, 0xa1, 0x64]);
const BYTES_8 = 0xc4;
const BYTES_16 = 0xc5;
const BYTES_32 = 0xc6;

/** The packet that net-ipc makes of `frame`. */
export function packetOf(frame: Uint8Array): Buffer {
  const { length } = frame;
  const lengthBytes = length < 0x100 ? 1 : length < 0x1_0000 ? 2 : 4;
  const bodyBytes = HEAD.length + 1 + lengthBytes + length;
  let tagBytes = 1;
  for (let rest = bodyBytes >>> 7; rest > 0; rest >>>= 7) tagBytes += 1;
  const packet = Buffer.allocUnsafe(tagBytes + bodyBytes);
  for (let at = tagBytes - 1, rest = bodyBytes; at >= 0; at--, rest >>>= 7) {
    packet[at] = (rest & 127) | (at === tagBytes - 1 ? 128 : 0);
  }
  packet.set(HEAD, tagBytes);
  const at = tagBytes + HEAD.length;
  if (lengthBytes === 1) {
    packet[at] = BYTES_8;
    packet[at + 1] = length;
  } else if (lengthBytes === 2) {
    packet[at] = BYTES_16;
    packet.writeUInt16BE(length, at + 1);
  } else {
    packet[at] = BYTES_32;
    packet.writeUInt32BE(length, at + 1);
  }
  packet.set(frame, at + 1 + lengthBytes);
  return packet;
}

/** The bytes of such a message, a view of `body`; null: `body` is something else. */
export function frameIn(body: Buffer): Buffer | null {
  const at = HEAD.length;
  for (let position = 0; position < at; position++) {
    if (body[position] !== HEAD[position]) return null;
  }
  switch (body[at]) {
    case BYTES_8:
      return body.length > at + 1 ? rest(body, at + 2, body.readUInt8(at + 1)) : null;
    case BYTES_16:
      return body.length > at + 2 ? rest(body, at + 3, body.readUInt16BE(at + 1)) : null;
    case BYTES_32:
      return body.length > at + 4 ? rest(body, at + 5, body.readUInt32BE(at + 1)) : null;
    default:
      return null;
  }
}

function rest(body: Buffer, start: number, length: number): Buffer | null {
  return body.length === start + length ? body.subarray(start) : null;
}
