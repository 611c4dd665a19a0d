/**
 * Shares a budget of bytes out among latents: each gets as many bits as earn their place, or none. The allocation of least loss has one
 * price per byte: every latent takes the choice whose loss and cost together are least at that price (Shoham & Gersho, IEEE Trans. ASSP
 * 36(9), 1988).
 */
import { BITS, WHOLE_BYTE } from './student.ts';
import { PACKED_TOGETHER } from './student-onnx.ts';

/** Loss of each choice of each latent, [n, 1 + BITS]: dropped, then each number of bits. Infinity forbids a choice. */
export type Losses = Float64Array;

const CHOICES = 1 + BITS.length;
/** Halvings of the price's logarithm: it is then known to a few parts in 10⁹. */
const HALVINGS = 40;
const PRICES = [1e-18, 1e6] as const;

/** What there is to share out, and what a latent takes of it. */
export interface Budget {
  /** Weights of a latent. */
  readonly d: number;
  /** Bytes of a latent besides its weights. */
  readonly perLatent: number;
  /** Bytes of all latents. */
  readonly budget: number;
}

/** Bits of each latent, 0 for a dropped one, within `budget` bytes, or as near above it as the forbidden choices let it come. */
export function allocateBits(losses: Losses, share: Budget): Uint8Array {
  let [low, high] = PRICES as readonly [number, number];
  let best = wholeGroups(choose(losses, share, high), losses);
  for (let i = 0; i < HALVINGS; i++) {
    const price = Math.sqrt(low * high);
    const bits = wholeGroups(choose(losses, share, price), losses);
    if (bytesOf(bits, share) > share.budget) low = price;
    else {
      high = price;
      best = bits;
    }
  }
  return best;
}

function bytesOf(bits: Uint8Array, { d, perLatent }: Budget): number {
  return bits.reduce((sum, own) => sum + (own === 0 ? 0 : (d * own) / 8 + perLatent), 0);
}

function choose(losses: Losses, { d, perLatent }: Budget, price: number): Uint8Array {
  return Uint8Array.from({ length: losses.length / CHOICES }, (_, latent) => {
    let [best, bits] = [losses[latent * CHOICES], 0];
    BITS.forEach((each, b) => {
      const sum = losses[latent * CHOICES + 1 + b] + price * ((d * each) / 8 + perLatent);
      if (sum < best) [best, bits] = [sum, each];
    });
    return bits;
  });
}

/**
 * Makes the numbers of latents of as many bits multiples of 8: who has most to lose comes first, the first few go into whole bytes if there
 * is a remainder in total, and each number of bits passes its own remainder on to the next lower one.
 */
function wholeGroups(bits: Uint8Array, losses: Losses): Uint8Array {
  const result = new Uint8Array(bits.length);
  const needs = (latent: number) => losses[latent * CHOICES + CHOICES - 1];
  const kept = Array.from(bits.keys())
    .filter((latent) => bits[latent] > 0)
    .sort((a, b) => bits[b] - bits[a] || needs(b) - needs(a) || a - b);
  let at = kept.length % PACKED_TOGETHER;
  for (const latent of kept.slice(0, at)) result[latent] = WHOLE_BYTE;
  let upTo = 0;
  for (const each of [...BITS].reverse()) {
    while (upTo < kept.length && bits[kept[upTo]] === each) upTo++;
    const size = Math.max(0, upTo - at);
    const end = at + size - (size % PACKED_TOGETHER);
    for (; at < end; at++) result[kept[at]] = each;
  }
  return result;
}
