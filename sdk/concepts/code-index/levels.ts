/**
 * Activations in 8 bits: a float of 4 exponent and 4 mantissa bits, 16 steps an octave over 16 octaves, the same for every latent. A level
 * is off by at most 1/32 of the value (3.1 %); level 0 means not active. It needs no look at the data beforehand and no logarithm, so
 * equal codes give equal levels on every machine.
 */
import { NadirError } from '../../base/index.ts';

/** Levels then hold 2^-8 (0.004) to 248: activations of embeddings scaled to a norm of √d lie well inside. */
export const DEFAULT_LOWEST_OCTAVE = -8;
export const LEVELS = 256;
/** Octaves that keep every level, and the norm of any code, a normal float32. */
const [FIRST_OCTAVE, LAST_OCTAVE] = [-126, 96];

const value32 = new Float32Array(1);
const bits32 = new Uint32Array(value32.buffer);

/** Whether the levels may begin at 2^lowestOctave. */
export function isOctave(lowestOctave: number): boolean {
  return Number.isInteger(lowestOctave) && lowestOctave >= FIRST_OCTAVE && lowestOctave <= LAST_OCTAVE;
}

export function requireOctave(lowestOctave: number): void {
  if (isOctave(lowestOctave)) return;
  const remedy = `Give a whole number from ${FIRST_OCTAVE} to ${LAST_OCTAVE}`;
  throw new NadirError({
    what: `levels cannot begin at 2^${lowestOctave}`,
    where: 'lowestOctave',
    remedy,
    exitCode: 2,
  });
}

/** Level of a positive, finite activation before it is held to 1 … 255: the nearest, halves up. */
export function unboundedLevel(value: number, lowestOctave: number): number {
  value32[0] = value;
  // exponent and the first 4 bits of the mantissa, rounded by the 5th; a full mantissa carries into the exponent, as it should
  return ((bits32[0] + 0x40000) >>> 19) - ((127 + lowestOctave) << 4);
}

/** Activation of each level [256]. */
export function levelValues(lowestOctave: number): Float32Array {
  const values = new Float32Array(LEVELS);
  for (let level = 1; level < LEVELS; level++)
    values[level] = (1 + (level & 15) / 16) * 2 ** (lowestOctave + (level >> 4));
  return values;
}
