/** What codes are like over many rows: how many latents a row uses, and how many rows use a latent. */

import { quantile } from '../../base/index.ts';
import type { SparseCode } from '../encode.ts';
import { type Histogram, histogram } from './histogram.ts';

/** Quantiles that the distribution of L0 is told by: least, 5 %, quartiles, 95 %, greatest. */
const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;
const L0_BINS = 32;
/** Width of a bin of log10 density. */
const DENSITY_STEP = 0.25;

export interface Activity {
  /** Mean number of active latents of a row. */
  readonly l0: number;
  /** Share of zeros: 1 − mean L0 / n. */
  readonly sparsity: number;
  /** Latents that no row uses: NDN of arXiv 2502.20578. The window is the rows measured. */
  readonly dead: number;
  readonly l0Distribution: {
    readonly sd: number;
    /** L0 of the row at each share of the rows sorted by L0, by linear interpolation. */
    readonly quantiles: readonly { readonly share: number; readonly l0: number }[];
    /** Rows by L0, in at most 32 bins of whole width from 0. */
    readonly histogram: Histogram;
  };
  /** Feature density: latents by log10 of the share of the rows that use them, in bins of a quarter. Dead ones are not among them. */
  readonly density: Histogram;
}

/** Measures codes of one row or more over n latents. */
export function measureActivity(codes: readonly SparseCode[], n: number): Activity {
  const rows = codes.length;
  const l0 = Float64Array.from(codes, ({ latents }) => latents.length).sort();
  const mean = l0.reduce((sum, value) => sum + value, 0) / rows;
  const uses = new Uint32Array(n);
  for (const { latents } of codes) for (const latent of latents) uses[latent]++;
  const used = Float64Array.from(uses.filter((count) => count > 0));
  return {
    l0: mean,
    sparsity: 1 - mean / n,
    dead: n - used.length,
    l0Distribution: {
      sd: Math.sqrt(l0.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows),
      quantiles: QUANTILES.map((share) => ({ share, l0: quantile(l0, share) })),
      histogram: histogram(l0, l0Edges(l0[rows - 1])),
    },
    density: histogram(
      used.map((count) => Math.log10(count / rows)),
      densityEdges(rows),
    ),
  };
}

function l0Edges(greatest: number): number[] {
  const width = Math.ceil((greatest + 1) / L0_BINS);
  return Array.from({ length: Math.ceil((greatest + 1) / width) + 1 }, (_, i) => i * width);
}

/** Quarters from below 1 / rows, the least density there can be, to 0. */
function densityEdges(rows: number): number[] {
  const steps = Math.max(1, Math.ceil(Math.log10(rows) / DENSITY_STEP));
  return Array.from({ length: steps + 1 }, (_, i) => (i - steps) * DENSITY_STEP);
}
