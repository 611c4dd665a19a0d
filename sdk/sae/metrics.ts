/**
 * Measures of reconstruction and of the dictionary, by the definitions of arXiv 2502.20578, all in the original embedding space.
 * Rows are embeddings x [d] and reconstructions x̂ [d].
 */

/** Means over rows. */
export interface Reconstruction {
  /** Fraction of variance unexplained: Var(x − x̂) / Var(x), variances over a row's features. */
  readonly fvu: number;
  /** 1 − FVU. */
  readonly evr: number;
  /** Cosine of x and x̂; 0 where one of them is zero. */
  readonly cosine: number;
  /** Σ|x̂ − x| / Σ|x|, over all rows. */
  readonly nmae: number;
}

/** Compares reconstructions [rows, d] with embeddings [rows, d]. A row without variance counts as FVU 0 if it is met, else 1. */
export function measureReconstruction(
  embeddings: Float32Array,
  reconstructions: Float32Array,
  d: number,
): Reconstruction {
  const rows = embeddings.length / d;
  let [fvu, cosine, absoluteError, absolute] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    let [sx, sxx, se, see, dot, syy] = [0, 0, 0, 0, 0, 0];
    for (let i = row * d; i < (row + 1) * d; i++) {
      const x = embeddings[i];
      const y = reconstructions[i];
      const e = x - y;
      sx += x;
      sxx += x * x;
      se += e;
      see += e * e;
      dot += x * y;
      syy += y * y;
      absoluteError += Math.abs(e);
      absolute += Math.abs(x);
    }
    const variance = sxx - (sx * sx) / d;
    const unexplained = Math.max(0, see - (se * se) / d);
    fvu += variance > 0 ? unexplained / variance : unexplained > 0 ? 1 : 0;
    cosine += sxx > 0 && syy > 0 ? dot / Math.sqrt(sxx * syy) : 0;
  }
  const mean = fvu / rows;
  return { fvu: mean, evr: 1 - mean, cosine: cosine / rows, nmae: absolute > 0 ? absoluteError / absolute : 0 };
}

/** DO: Σ over i ≠ j of (d_i · d_j)² / n² for the rows d_i of W_dec [n, d], by way of the [d, d] product W_decᵀ·W_dec. */
export function decoderOrthogonality(wDec: Float32Array, n: number, d: number, gram: Float32Array): number {
  let all = 0;
  for (const value of gram) all += value * value;
  let own = 0;
  for (let row = 0; row < n; row++) {
    let square = 0;
    for (let i = row * d; i < (row + 1) * d; i++) square += wDec[i] ** 2;
    own += square * square;
  }
  return Math.max(0, all - own) / (n * n);
}
