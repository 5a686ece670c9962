// The function that long loops of a statement call: see emit/ticks.ts.

/** Gives 1. Its arguments are sizes in bytes. */
export const TICK = 'balsa_tick';
