/**
 * The progressive concept code, first form: a scene's strongest latents in falling order, each as an index and a step down from the
 * one before. Any prefix of its bytes decodes to the strongest concepts, since the Matryoshka order is the wire order.
 *
 * Byte 0 is the strongest activation on a log scale of 1/16 octave around 1; then come, most significant bit first, entries of
 * ⌈log2 n⌉ bits of latent index and 4 bits of a step table. The coder follows the decoder's level, so errors do not add up.
 */

/** Sixteenths of an octave that each 4-bit step goes down. */
const STEPS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64] as const;
const STEP_BITS = 4;
const ZERO_LEVEL = 128;

/** Active latents of one scene, strongest first. */
export interface ActiveConcepts {
  /** Latent indices, each below the dictionary's size. */
  readonly latents: Uint32Array;
  /** Their activations, positive, falling. */
  readonly values: Float32Array;
}

/** Bits of one entry for a dictionary of n latents. */
function entryBits(latentCount: number): number {
  return Math.max(4, Math.ceil(Math.log2(latentCount))) + STEP_BITS;
}

/** Bytes that hold the first k concepts. */
export function codeBytes(latentCount: number, k: number): number {
  return 1 + Math.ceil((k * entryBits(latentCount)) / 8);
}

/** Code of a scene. Latents with activation ≤ 0 end it. */
export function encodeConcepts(active: ActiveConcepts, latentCount: number): Uint8Array {
  let k = 0;
  while (k < active.values.length && active.values[k] > 0) k++;
  if (k === 0) return new Uint8Array(0);
  const bits = entryBits(latentCount);
  const code = new Uint8Array(codeBytes(latentCount, k));
  let level = Math.min(255, Math.max(0, toLevel(active.values[0])));
  code[0] = level;
  let at = 8;
  for (let i = 0; i < k; i++) {
    const latent = active.latents[i];
    if (latent >= latentCount) throw new RangeError(`latent ${latent} of ${latentCount}`);
    const step = i === 0 ? 0 : nearestStep(level - toLevel(active.values[i]));
    level -= STEPS[step];
    writeBits(code, at, bits, latent * 16 + step);
    at += bits;
  }
  return code;
}

/** Concepts of any prefix of a code; an entry that is cut is left out. Indices beyond the dictionary end it. */
export function decodeConcepts(code: Uint8Array, latentCount: number): ActiveConcepts {
  const bits = entryBits(latentCount);
  const k = code.length === 0 ? 0 : Math.floor(((code.length - 1) * 8) / bits);
  const latents = new Uint32Array(k);
  const values = new Float32Array(k);
  let level = code[0];
  for (let i = 0; i < k; i++) {
    const entry = readBits(code, 8 + i * bits, bits);
    const latent = Math.floor(entry / 16);
    if (latent >= latentCount) return { latents: latents.slice(0, i), values: values.slice(0, i) };
    level -= STEPS[entry % 16];
    latents[i] = latent;
    values[i] = 2 ** ((level - ZERO_LEVEL) / 16);
  }
  return { latents, values };
}

function toLevel(value: number): number {
  return Math.round(16 * Math.log2(value)) + ZERO_LEVEL;
}

function nearestStep(down: number): number {
  let best = 0;
  for (let step = 1; step < STEPS.length; step++) {
    if (Math.abs(STEPS[step] - down) < Math.abs(STEPS[best] - down)) best = step;
  }
  return best;
}

function writeBits(bytes: Uint8Array, at: number, count: number, value: number): void {
  for (let i = 0; i < count; i++) {
    if (Math.floor(value / 2 ** (count - 1 - i)) % 2 === 1) bytes[(at + i) >> 3] |= 0x80 >> ((at + i) & 7);
  }
}

function readBits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 2 + ((bytes[(at + i) >> 3] >> (7 - ((at + i) & 7))) & 1);
  return value;
}
