// The first byte of every frame between nodes. Dialers send messages and pings; the side that was
// dialed answers the greeting and the pings, and sends its own messages over connections of its own.

export const FRAME_MESSAGES = 1;
export const FRAME_PING = 2;
export const FRAME_PONG = 3;
export const FRAME_ACCEPTED = 4;
export const FRAME_REFUSED = 5;
