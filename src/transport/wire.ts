// The first byte of every frame between nodes. Dialers send messages and pings; the side that was
// dialed answers the greeting and the pings, and sends its own messages over connections of its own.

export const FRAME_MESSAGES = 1;
export const FRAME_PING = 2;
export const FRAME_PONG = 3;
/** Followed by the greeting of the side that was dialed. */
export const FRAME_ACCEPTED = 4;
/** Followed by the reason in UTF-8. */
export const FRAME_REFUSED = 5;

export function frameOf(kind: number, body?: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(1 + (body?.length ?? 0));
  frame[0] = kind;
  if (body !== undefined) frame.set(body, 1);
  return frame;
}
