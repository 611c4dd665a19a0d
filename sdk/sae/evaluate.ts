/** Measures a model on embeddings it was not trained on: the prefix code at each k, the full ReLU code, and the dictionary. */
import { NadirError } from '../base/index.ts';
import { cknna, codeKernel, linearKernel } from './cknna.ts';
import { codesOf, preActivationsOf, prefix, risingKs } from './code-batch.ts';
import { decodeCode } from './decode.ts';
import { DenseProduct } from './dense.ts';
import type { SparseCode } from './encode.ts';
import { type Activity, measureActivity } from './measures/activity.ts';
import { explainedVariance } from './measures/explained-variance.ts';
import { measureShrinkage, type Shrinkage } from './measures/shrinkage.ts';
import { decoderOrthogonality, measureReconstruction, type Reconstruction } from './metrics.ts';
import { pursueCodes } from './pursuit.ts';
import type { SaeWeights } from './weights.ts';

/** Neighbourhoods are compared over at most this many rows, the first ones: kernels grow with their square. */
const CKNNA_ROWS = 1000;

/** Quality of a code: measures/index.ts has the definitions. */
export interface CodeQuality extends Reconstruction, Activity {
  readonly cknna: number;
  readonly explainedVariance: number;
  readonly shrinkage: Shrinkage;
}

export interface Evaluation {
  /** Progressive recovery: the first k latents of each code. */
  readonly byK: readonly ({ readonly k: number } & CodeQuality)[];
  /** The ReLU code without a limit on k. */
  readonly full: CodeQuality;
  /** Latents that the ReLU code uses on no row. */
  readonly dead: number;
  readonly decoderOrthogonality: number;
  readonly rows: number;
}

/** Evaluates on embeddings [rows, d]. `ks` are cut to n. */
export async function evaluateSae(
  sae: SaeWeights,
  embeddings: Float32Array,
  ks: readonly number[],
  threads: number,
): Promise<Evaluation> {
  const { d, n } = sae;
  const rows = embeddings.length / d;
  if (!Number.isInteger(rows) || rows < 1)
    throw new NadirError({ what: 'no rows to evaluate on', where: 'data', remedy: 'Give at least one embedding' });
  const pre = await preActivationsOf(sae, embeddings, threads);
  const full = codesOf(pre, n, n);
  const quality = codeMeasure(sae, embeddings);
  const whole = quality(full);
  return {
    byK: risingKs(ks, n).map((k) => ({ k, ...quality(full.map((code) => prefix(code, k))) })),
    full: whole,
    dead: whole.dead,
    decoderOrthogonality: decoderOrthogonality(sae.wDec, n, d, await atomGram(sae, threads)),
    rows,
  };
}

/** Measures codes of embeddings [rows, d], one set after another: what all are compared with is computed once. */
export function codeMeasure(sae: SaeWeights, embeddings: Float32Array): (codes: readonly SparseCode[]) => CodeQuality {
  const { d, n } = sae;
  const compared = Math.min(embeddings.length / d, CKNNA_ROWS);
  const ofEmbeddings = linearKernel(embeddings.subarray(0, compared * d), d);
  return (codes) => {
    const reconstructions = reconstruct(sae, codes);
    return {
      ...measureReconstruction(embeddings, reconstructions, d),
      cknna: cknna(ofEmbeddings, codeKernel(codes.slice(0, compared), n), compared),
      explainedVariance: explainedVariance(embeddings, reconstructions, d),
      shrinkage: measureShrinkage(embeddings, reconstructions, d),
      ...measureActivity(codes, n),
    };
  };
}

/** Quality at each k (cut to n) of codes that are found by pursuit instead of the encoder. */
export async function evaluatePursuit(
  sae: SaeWeights,
  embeddings: Float32Array,
  ks: readonly number[],
  threads: number,
): Promise<({ readonly k: number } & CodeQuality)[]> {
  const wanted = risingKs(ks, sae.n);
  const codes = await pursueCodes(sae, embeddings, wanted, threads);
  const quality = codeMeasure(sae, embeddings);
  return wanted.map((k, i) => ({ k, ...quality(codes[i]) }));
}

/** x̂ [rows, d] of codes. */
export function reconstruct(sae: SaeWeights, codes: readonly SparseCode[]): Float32Array {
  const result = new Float32Array(codes.length * sae.d);
  for (let row = 0; row < codes.length; row++)
    decodeCode(sae, codes[row].latents, codes[row].values, result.subarray(row * sae.d, (row + 1) * sae.d));
  return result;
}

/** W_decᵀ·W_dec, [d, d]. */
async function atomGram({ wDec, n, d }: SaeWeights, threads: number): Promise<Float32Array> {
  const columns = new Float32Array(n * d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) columns[j * n + i] = wDec[i * d + j];
  const dense = await DenseProduct.open(threads);
  try {
    return await dense.multiply(columns, columns, n);
  } finally {
    await dense.close();
  }
}
