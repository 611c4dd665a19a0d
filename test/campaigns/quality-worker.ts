/** One training of the quality campaign, and what its codes are worth on rows that it did not see. */
import { serveJobs } from '../../sdk/base/index.ts';
import {
  codesOf,
  type Initialisation,
  type Kind,
  measureReconstruction,
  preActivationsOf,
  prefix,
  pursueCodes,
  reconstruct,
  type SparseCode,
  TRAIN_DEFAULTS,
  trainSae,
} from '../../sdk/sae/index.ts';

export interface QualityData {
  readonly d: number;
  /** Training rows, of which tuning takes those before `cut` to train and those from it to measure; and held-out rows. */
  readonly train: Float32Array;
  readonly heldOut: Float32Array;
  readonly cut: number;
  readonly ks: readonly number[];
  readonly expansion: number;
  readonly epochs: number;
  readonly batch: number;
}

export interface QualityJob {
  readonly kind: Kind;
  readonly levels: readonly number[];
  readonly weighting: 'uw' | 'rw';
  readonly learningRate: number;
  readonly initialisation: Initialisation;
  readonly seed: number;
  /** True: trains on the first part of the training rows and measures on the second; false: on all, and on the held-out rows. */
  readonly tuning: boolean;
  readonly pursuit: boolean;
}

export interface QualityResult {
  /** FVU by the encoder's strongest latents, by k. */
  readonly encoder: Readonly<Record<number, number>>;
  /** FVU by matching pursuit. */
  readonly pursuit?: Readonly<Record<number, number>>;
  readonly dead: number;
}

async function train(data: QualityData, job: QualityJob): Promise<QualityResult> {
  const { d, cut, ks, expansion, epochs, batch } = data;
  const { tuning, pursuit, kind, levels, weighting, learningRate, initialisation, seed } = job;
  const rows = tuning ? data.train.subarray(0, cut * d) : data.train;
  const measured = tuning ? data.train.subarray(cut * d) : data.heldOut;
  const { weights, epochs: reports } = await trainSae(rows, d, {
    ...TRAIN_DEFAULTS,
    ...{
      loss: 'mse',
      kind,
      levels,
      weighting,
      learningRate,
      initialisation,
      expansion,
      epochs,
      batch,
      seed,
      threads: 1,
    },
  });
  const fvu = (codes: readonly SparseCode[]) => measureReconstruction(measured, reconstruct(weights, codes), d).fvu;
  const largest = Math.max(...ks);
  // the strongest of each row, also where a kind would cut by a threshold: k latents are what is compared
  const { threshold, ...plain } = weights;
  const codes = codesOf(await preActivationsOf(plain, measured, 1), weights.n, largest);
  const found = pursuit ? await pursueCodes(weights, measured, ks, 1) : undefined;
  return {
    encoder: Object.fromEntries(ks.map((k) => [k, fvu(codes.map((code) => prefix(code, k)))])),
    ...(found && { pursuit: Object.fromEntries(ks.map((k, i) => [k, fvu(found[i])])) }),
    dead: reports[reports.length - 1].dead,
  };
}

serveJobs(train);
