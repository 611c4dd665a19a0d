/** What an encoder takes up on board in float32: the decoder stays on the ground. */
import type { Encoder } from '../encode.ts';

const FLOAT_BYTES = 4;

/** W_enc, b_lat, thresholds where there are any, and what is taken off the embedding: mean and b_pre. */
export function encoderBytes({ n, d, threshold }: Pick<Encoder, 'n' | 'd' | 'threshold'>): number {
  return FLOAT_BYTES * (n * d + n + 2 * d + (threshold ? n : 0));
}
