// Pseudo-types of signatures (PG: 8.21 Pseudo-Types). 0 is any type, without a tie to the others.
export const TEXT_ARRAY = 1009;
export const ANYARRAY = 2277;
export const ANYELEMENT = 2283;
export const ANYNONARRAY = 2776;
export const ANYCOMPATIBLE = 5077;
export const ANYCOMPATIBLEARRAY = 5078;
