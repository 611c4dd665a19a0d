/**
 * `params.npz` as Gemma Scope publishes autoencoders (Lieberum et al. 2024, arXiv 2408.05147): W_enc [d, n], b_enc, W_dec [n, d], b_dec and JumpReLU's
 * threshold [n]. z = ReLU(x·W_enc + b_enc) where that is above the threshold, x̂ = z·W_dec + b_dec: b_dec is not taken off the input.
 */
import { type NdArray, writeNpz } from '../../base/index.ts';
import type { SaeWeights } from '../weights.ts';
import { type ForeignSae, foreignSae } from './foreign.ts';
import { fromRaw, shiftedBias, toRaw, transposed } from './raw-weights.ts';
import { TensorTable } from './tensor-table.ts';

const REMEDY = 'Write W_enc [d, n], b_enc [n], W_dec [n, d], b_dec [d] and threshold [n] with numpy.savez';
const KNOWN = ['W_enc', 'W_dec', 'b_enc', 'b_dec', 'threshold', 'scaling_factor'];

/** Whether arrays are those of a params file. */
export function isParamsNpz(names: readonly string[]): boolean {
  const held = names.map(canonical);
  return held.includes('W_enc') && held.includes('W_dec');
}

/** The autoencoder of a params file's arrays; without a threshold its code is the ReLU code. `where` names the file in errors. */
export function paramsFromNpz(arrays: ReadonlyMap<string, NdArray>, where: string): ForeignSae {
  const table = new TensorTable(new Map([...arrays].map(([name, array]) => [canonical(name), array])), where, REMEDY);
  table.refuseOthers(KNOWN, (name) => `array ${name} belongs to a kind that is not read`);
  const { n, d } = table.sizes('b_enc', 'b_dec');
  if (table.has('scaling_factor') && table.floats('scaling_factor', n).some((value) => Math.abs(value - 1) > 1e-6))
    throw table.fail('array scaling_factor scales activations after training, which is not read');
  const raw = {
    ...{ n, d, bEnc: table.floats('b_enc', n), wDec: table.floats('W_dec', n, d), bDec: table.floats('b_dec', d) },
    wEnc: transposed(table.floats('W_enc', d, n), d, n),
  };
  const threshold = table.has('threshold') ? table.floats('threshold', n) : undefined;
  return foreignSae('params-npz', fromRaw(raw, { threshold, biasOffInput: false }), where);
}

/**
 * Writes a params file, its threshold 0 where the model has none. The form knows no fixed k and no projection onto x̂ ≥ 0: of a model that
 * keeps the k strongest it holds the ReLU code, whose k first latents those are.
 */
export async function writeParamsNpz(path: string, sae: SaeWeights): Promise<void> {
  const { n, d, wEnc, bEnc, wDec, bDec } = toRaw(sae);
  await writeNpz(path, {
    W_enc: { shape: [d, n], data: transposed(wEnc, n, d) },
    W_dec: { shape: [n, d], data: wDec },
    b_enc: { shape: [n], data: shiftedBias(bEnc, wEnc, bDec, -1) },
    b_dec: { shape: [d], data: bDec },
    threshold: { shape: [n], data: sae.threshold ?? new Float32Array(n) },
  });
}

/** Some files spell w_enc and w_dec. */
function canonical(name: string): string {
  return name.replace(/^w_/, 'W_');
}
