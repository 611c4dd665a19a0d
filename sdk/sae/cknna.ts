/**
 * Centred kernel nearest-neighbour alignment (Huh et al., arXiv 2405.07987) as arXiv 2502.20578 uses it: do embeddings and codes agree on who
 * is near whom? Linear kernels, each row's 10 nearest neighbours in both, unbiased HSIC (Song et al., JMLR 2012) of the masked kernels.
 */
import type { SparseCode } from './encode.ts';

/** Neighbours of a row. */
const NEIGHBOURS = 10;

/** Kernel x · y of dense rows [m, d] as [m, m]. */
export function linearKernel(rows: Float32Array, d: number): Float64Array {
  const m = rows.length / d;
  const kernel = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += rows[i * d + k] * rows[j * d + k];
      kernel[i * m + j] = sum;
      kernel[j * m + i] = sum;
    }
  }
  return kernel;
}

/** Kernel z · z' of sparse codes over n latents as [m, m]. */
export function codeKernel(codes: readonly SparseCode[], n: number): Float64Array {
  const m = codes.length;
  const kernel = new Float64Array(m * m);
  const dense = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    const { latents, values } = codes[i];
    for (let k = 0; k < latents.length; k++) dense[latents[k]] = values[k];
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < codes[j].latents.length; k++) sum += dense[codes[j].latents[k]] * codes[j].values[k];
      kernel[i * m + j] = sum;
      kernel[j * m + i] = sum;
    }
    for (const latent of latents) dense[latent] = 0;
  }
  return kernel;
}

/** Alignment of two kernels [m, m], 1 for equal ones; 0 where there are too few rows, or no neighbour is shared. */
export function cknna(a: Float64Array, b: Float64Array, m: number, neighbours = NEIGHBOURS): number {
  const k = Math.min(neighbours, m - 1);
  if (m < 4 || k < 1) return 0;
  const nearA = nearest(a, m, k);
  const nearB = nearest(b, m, k);
  const score = (x: Float64Array, nearX: Uint8Array, y: Float64Array, nearY: Uint8Array) =>
    unbiasedHsic(masked(x, nearX, nearY), masked(y, nearX, nearY), m);
  const norm = Math.sqrt(score(a, nearA, a, nearA) * score(b, nearB, b, nearB));
  return norm > 0 ? score(a, nearA, b, nearB) / norm : 0;
}

/** 1 where column j is among row i's k nearest, itself excluded; ties go to the smaller index. */
function nearest(kernel: Float64Array, m: number, k: number): Uint8Array {
  const mask = new Uint8Array(m * m);
  const held = new Uint32Array(k);
  for (let row = 0; row < m; row++) {
    const own = row * m;
    let count = 0;
    for (let j = 0; j < m; j++) {
      if (j === row || (count === k && !(kernel[own + j] > kernel[own + held[k - 1]]))) continue;
      let place = count < k ? count++ : k - 1;
      for (; place > 0 && kernel[own + j] > kernel[own + held[place - 1]]; place--) held[place] = held[place - 1];
      held[place] = j;
    }
    for (const j of held) mask[own + j] = 1;
  }
  return mask;
}

function masked(kernel: Float64Array, a: Uint8Array, b: Uint8Array): Float64Array {
  return kernel.map((value, i) => (a[i] && b[i] ? value : 0));
}

/** [ΣK∘Lᵀ + ΣK·ΣL/((m−1)(m−2)) − 2Σ(K·L)/(m−2)] / (m(m−3)), diagonals taken as 0. */
export function unbiasedHsic(k: Float64Array, l: Float64Array, m: number): number {
  let [cross, sumK, sumL] = [0, 0, 0];
  const columnsOfK = new Float64Array(m);
  const rowsOfL = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      if (i === j) continue;
      const at = i * m + j;
      cross += k[at] * l[j * m + i];
      sumK += k[at];
      sumL += l[at];
      columnsOfK[j] += k[at];
      rowsOfL[i] += l[at];
    }
  }
  let product = 0;
  for (let i = 0; i < m; i++) product += columnsOfK[i] * rowsOfL[i];
  return (cross + (sumK * sumL) / ((m - 1) * (m - 2)) - (2 * product) / (m - 2)) / (m * (m - 3));
}
