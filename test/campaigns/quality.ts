/**
 * The claim of one Matryoshka autoencoder for every k, on EuroSAT embeddings: at each k of 16, 32, 64, 128 and 256 its held-out FVU, its dictionary
 * read by matching pursuit, is within 1 % of that of a TopK autoencoder trained at that very k, below that of a dictionary-prefix Matryoshka
 * trained at that k, and below that of principal components with k real numbers. All have the same rows, latents, batches and epochs, three seeds,
 * and learning rate, first weights and weighting tuned on a split of the training rows (seed 0 there). The comparison is with TopK and
 * prefix as their own encoders read them; how they fare by pursuit too stands beside it, and the Matryoshka by its encoder.
 * One JSON document; exit code 1 where the claim fails. About 40 CPU minutes.
 * Run: node tools/pinned.mjs test/campaigns/quality.ts TRAIN HOLDOUT [threads]
 * TRAIN and HOLDOUT are folders of embeddings, or .npy files.
 */
import { onSharedMemory, Random, runJobs, workerUrl } from '../../sdk/base/index.ts';
import { readEmbeddings } from '../../sdk/concepts/index.ts';
import { DenseProduct, measureReconstruction } from '../../sdk/sae/index.ts';
import { orthonormalise } from '../../sdk/sae/initialise.ts';
import type { QualityData, QualityJob, QualityResult } from './quality-worker.ts';

const KS = [16, 32, 64, 128, 256] as const;
const LEVELS = [8, 16, 32, 64, 128, 256];
const SEEDS = [1, 2, 3];
const WITHIN = 1.01;
/** Of the training rows, what tuning measures on. */
const TUNING_SHARE = 0.2;
const SHAPE = { expansion: 2, epochs: 20, batch: 256 };
const RATES = [1e-4, 1e-3, 2e-3];
const STARTS = ['rows', 'components'] as const;

const [trainPath, holdoutPath, threads = '2'] = process.argv.slice(2);
if (!holdoutPath) {
  console.error('usage: quality.ts TRAIN HOLDOUT [threads]');
  process.exit(2);
}
const { data: all, d } = await readEmbeddings(trainPath);
const heldOut = onSharedMemory((await readEmbeddings(holdoutPath, d)).data);
const rows = all.length / d;
// rows of one image or class may lie together
const order = Random.of(0, 'tuning split').permutation(rows);
const train = onSharedMemory(Float32Array.from(all, (_, i) => all[order[Math.floor(i / d)] * d + (i % d)]));
const data: QualityData = { d, train, heldOut, cut: Math.round((1 - TUNING_SHARE) * rows), ks: KS, ...SHAPE };

let finished = 0;
async function runAll(jobs: readonly QualityJob[]): Promise<QualityResult[]> {
  return runJobs<QualityData, QualityJob, QualityResult>({
    ...{ worker: workerUrl(import.meta.url, './quality-worker'), data, jobs, threads: Math.max(2, Number(threads)) },
    work: () => {
      throw new RangeError('the work is the threads’');
    },
    onDone: (_, result, index) => {
      const { kind, levels, learningRate, initialisation, weighting, seed } = jobs[index];
      console.error(
        ++finished,
        kind,
        levels.join(),
        learningRate,
        initialisation,
        weighting,
        seed,
        JSON.stringify(result),
      );
    },
  });
}

const settings = STARTS.flatMap((initialisation) => RATES.map((learningRate) => ({ initialisation, learningRate })));
const base = { weighting: 'uw', seed: 0, tuning: true, pursuit: false } as const;
const tuning: QualityJob[] = [
  ...settings.flatMap((setting) =>
    (['uw', 'rw'] as const).map((weighting) => ({
      ...{ ...base, ...setting, weighting, kind: 'msae' as const, levels: LEVELS, pursuit: true },
    })),
  ),
  ...(['topk', 'prefix'] as const).flatMap((kind) =>
    KS.flatMap((k) => settings.map((setting) => ({ ...base, ...setting, kind, levels: [k] }))),
  ),
];
const tuned = await runAll(tuning);

/** The job among those of a kind (at a k) that did best. */
function best(score: (result: QualityResult) => number, wanted: (job: QualityJob) => boolean): QualityJob {
  const candidates = tuning.flatMap((job, i) => (wanted(job) ? [{ job, score: score(tuned[i]) }] : []));
  return candidates.reduce((a, b) => (b.score < a.score ? b : a)).job;
}
/** One model for every k: what it loses at each, relative to the best that any Matryoshka had there, on the mean. */
const least = KS.map((k) => Math.min(...tuned.map(({ pursuit }) => pursuit?.[k] ?? Infinity)));
const excess = ({ pursuit }: QualityResult) => KS.reduce((sum, k, i) => sum + (pursuit?.[k] ?? Infinity) / least[i], 0);
const chosen = {
  msae: best(excess, ({ kind }) => kind === 'msae'),
  topk: KS.map((k) =>
    best(
      ({ encoder }) => encoder[k],
      ({ kind, levels }) => kind === 'topk' && levels[0] === k,
    ),
  ),
  prefix: KS.map((k) =>
    best(
      ({ encoder }) => encoder[k],
      ({ kind, levels }) => kind === 'prefix' && levels[0] === k,
    ),
  ),
};
const finals = [chosen.msae, ...chosen.topk, ...chosen.prefix].flatMap((job) =>
  SEEDS.map((seed) => ({ ...job, seed, tuning: false, pursuit: true })),
);
const results = await runAll(finals);

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
function figures(kind: string, k: number, level?: number) {
  const of = results.filter(
    (_, i) => finals[i].kind === kind && (level === undefined || finals[i].levels[0] === level),
  );
  return {
    encoder: mean(of.map(({ encoder }) => encoder[k])),
    pursuit: mean(of.map(({ pursuit }) => pursuit?.[k] ?? Number.NaN)),
  };
}

const pca = await components();
const byK = KS.map((k, i) => {
  const [msae, topk, prefix] = [figures('msae', k), figures('topk', k, k), figures('prefix', k, k)];
  return { k, msae, topk, prefix, pca: pca[i] };
});
const claims = {
  'within 1 % of TopK trained at each k': byK.every(({ msae, topk }) => msae.pursuit <= WITHIN * topk.encoder),
  'below dictionary-prefix Matryoshka at every k': byK.every(({ msae, prefix }) => msae.pursuit < prefix.encoder),
  'below principal components at every k': byK.every(({ msae, pca: of }) => msae.pursuit < of),
};
const beside = {
  'within 1 % of TopK read by pursuit too': byK.map(({ k, msae, topk }) => ({ k, over: msae.pursuit / topk.pursuit })),
  'by its own encoder, over TopK': byK.map(({ k, msae, topk }) => ({ k, over: msae.encoder / topk.encoder })),
};
const described = ({ learningRate, initialisation, weighting, levels }: QualityJob) => ({
  ...{ learningRate, initialisation, weighting, levels },
});
console.log(
  JSON.stringify(
    {
      ...{ d, latents: SHAPE.expansion * d, rows, heldOut: heldOut.length / d, ...SHAPE, seeds: SEEDS },
      byK,
      chosen: {
        msae: described(chosen.msae),
        topk: chosen.topk.map(described),
        prefix: chosen.prefix.map(described),
      },
      ...{ beside, claims },
    },
    null,
    2,
  ),
);
if (Object.values(claims).includes(false)) process.exitCode = 1;

/** Held-out FVU of the k leading principal components of the training rows, clipped at 0 as our decoder is where no embedding is below: [ks]. */
async function components(): Promise<number[]> {
  const [most, rounds] = [320, 60];
  const means = new Float64Array(d);
  for (let i = 0; i < all.length; i++) means[i % d] += all[i] / rows;
  const columns = new Float32Array(all.length);
  for (let i = 0; i < all.length; i++) columns[(i % d) * rows + Math.floor(i / d)] = all[i] - means[i % d];
  const dense = await DenseProduct.open(1);
  const covariance = await dense.multiply(columns, columns, rows);
  const random = Random.of(0, 'components');
  let basis: Float32Array = Float32Array.from({ length: most * d }, () => random.normal());
  for (let round = 0; round <= rounds; round++) {
    orthonormalise(basis, d);
    if (round < rounds) basis = await dense.multiply(basis, covariance, d, new Float32Array(most * d));
  }
  const centred = Float32Array.from(heldOut, (value, i) => value - means[i % d]);
  const coordinates = await dense.multiply(centred, basis, d);
  await dense.close();
  return KS.map((k) => {
    const estimates = new Float32Array(heldOut.length);
    for (let row = 0; row < heldOut.length / d; row++) {
      const estimate = Float64Array.from(means);
      for (let i = 0; i < k; i++)
        for (let j = 0; j < d; j++) estimate[j] += coordinates[row * most + i] * basis[i * d + j];
      estimates.set(
        estimate.map((value) => Math.max(0, value)),
        row * d,
      );
    }
    return measureReconstruction(heldOut, estimates, d).fvu;
  });
}
