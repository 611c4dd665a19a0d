/**
 * Feature absorption over a hierarchy of two levels, class → sub-cluster: the class's own latents stay silent on some sub-cluster, and a latent
 * of that sub-cluster carries the class in their stead. Chanin et al. (arXiv 2409.14507) define it by the first letters of words; here
 * words are rows and the letter is the class:
 *   1. The class's main latents are those that it split into (splitting.ts).
 *   2. p is the unit direction of a linear probe for the class against the rest. A row's projection is its x' − b_pre on p, a latent's its
 *      activation times its row of W_dec on p: the latents' projections sum to that of the reconstruction.
 *   3. A row of the class is counted where the probe places it in the class.
 *   4. A counted row is absorbed where no main latent is active, its projection is above 0, and the latent with the greatest projection
 *      has a cosine of at least 0.025 with p and carries at least 0.4 of the row's projection (SAEBench's thresholds).
 * Absorption is full: a row where a main latent is active, however weakly, is not absorbed.
 */
import type { SparseCode } from '../encode.ts';
import type { SaeWeights } from '../weights.ts';
import { type LabelledCodes, ownRows } from './class-latents.ts';
import { likeliest, type Probe, probeLogits } from './linear-probe.ts';
import { requireSame } from './rows.ts';

const LEAST_COSINE = 0.025;
const LEAST_SHARE = 0.4;

/** Rows counted, and what became of them. */
interface AbsorptionCount {
  readonly rows: number;
  /** Share of them with an active main latent. */
  readonly recall: number;
  /** Share of them that are absorbed. */
  readonly absorbed: number;
}

export interface Absorption extends AbsorptionCount {
  /** By sub-cluster, rising, those with counted rows; `latent` absorbs most of its rows, null where none is absorbed. */
  readonly subs: readonly ({ readonly sub: number; readonly latent: number | null } & AbsorptionCount)[];
}

/**
 * Measures one class.
 * @param mains its main latents
 * @param probe tells rows of the class (1) from others (0), on embeddings
 * @param subs sub-cluster of each row within its class
 */
export function measureAbsorption(
  sae: SaeWeights,
  { codes, embeddings, labels }: LabelledCodes,
  label: number,
  mains: readonly number[],
  probe: Probe,
  subs: ArrayLike<number>,
): Absorption {
  requireSame(subs.length, codes.length, 'sub-clusters');
  const own = ownRows(labels, label);
  const placed = likeliest(probeLogits(probe, embeddings), 2);
  const carried = carriers(sae, embeddings, probe);
  const tallies = new Map<number, Tally>();
  codes.forEach((code, row) => {
    if (own[row] === 0 || placed[row] === 0) return;
    const tally = tallies.get(subs[row]) ?? { rows: 0, active: 0, absorbed: 0, by: new Map() };
    tallies.set(subs[row], tally);
    tally.rows++;
    if (code.latents.some((latent) => mains.includes(latent))) {
      tally.active++;
      return;
    }
    const absorber = carried(code, row);
    if (absorber === undefined) return;
    tally.absorbed++;
    tally.by.set(absorber, (tally.by.get(absorber) ?? 0) + 1);
  });
  const all = [...tallies].sort(([a], [b]) => a - b);
  const total = { rows: 0, active: 0, absorbed: 0 };
  for (const [, { rows, active, absorbed }] of all) {
    total.rows += rows;
    total.active += active;
    total.absorbed += absorbed;
  }
  return {
    ...shares(total),
    subs: all.map(([sub, tally]) => {
      const [most] = [...tally.by].sort(([a, x], [b, y]) => y - x || a - b);
      return { sub, latent: most ? most[0] : null, ...shares(tally) };
    }),
  };
}

interface Tally {
  rows: number;
  active: number;
  absorbed: number;
  /** Rows that each latent absorbs. */
  readonly by: Map<number, number>;
}

function shares({ rows, active, absorbed }: Pick<Tally, 'rows' | 'active' | 'absorbed'>): AbsorptionCount {
  return { rows, recall: rows > 0 ? active / rows : 0, absorbed: rows > 0 ? absorbed / rows : 0 };
}

/** The latent that carries enough of a row's projection on the probe's direction to stand for the class; undefined where none does. */
function carriers(
  { n, d, wDec, bPre, mean, scale }: SaeWeights,
  embeddings: Float32Array,
  { weights }: Probe,
): (code: SparseCode, row: number) => number | undefined {
  const direction = Float64Array.from({ length: d }, (_, j) => weights[d + j] - weights[j]);
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0)) || 1;
  const along = new Float64Array(n);
  const lengths = new Float64Array(n);
  for (let latent = 0; latent < n; latent++) {
    let square = 0;
    for (let j = 0; j < d; j++) {
      const value = wDec[latent * d + j];
      along[latent] += (value * direction[j]) / norm;
      square += value * value;
    }
    lengths[latent] = Math.sqrt(square);
  }
  return ({ latents, values }, row) => {
    let projection = 0;
    for (let j = 0; j < d; j++)
      projection += (((embeddings[row * d + j] - mean[j]) * scale - bPre[j]) * direction[j]) / norm;
    let [most, top] = [-Infinity, -1];
    for (let i = 0; i < latents.length; i++) {
      const part = values[i] * along[latents[i]];
      if (part > most) [most, top] = [part, latents[i]];
    }
    const carries = projection > 0 && most >= LEAST_SHARE * projection;
    return top >= 0 && carries && along[top] >= LEAST_COSINE * lengths[top] ? top : undefined;
  };
}
