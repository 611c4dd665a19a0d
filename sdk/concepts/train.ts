/** From embeddings to a concept model folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, readNpy, toFloat32, VERSION, writeNpy } from '../base/index.ts';
import {
  codesOf,
  type Evaluation,
  evaluateSae,
  preActivationsOf,
  removeCheckpoint,
  type SaeWeights,
  type TrainOptions,
  trainSae,
  writeSae,
} from '../sae/index.ts';
import { type EmbeddingTable, holdOut, readEmbeddings, rowsOf } from './embeddings.ts';
import { writeConceptModel } from './model.ts';
import { writeReport } from './report.ts';

/** Numbers of latents at which codes are measured, where nothing else is asked. */
export const DEFAULT_KS: readonly number[] = [8, 16, 32, 64];
/** Rows kept in the folder as a sample of the data's covariance, for naming. */
const SAMPLE_ROWS = 512;
/** Strongest latents of a row that count as used. */
const USED_K = 64;
const HOLDOUT_SHARE = 0.1;
/** What later steps make of the weights. */
const MADE_OF_WEIGHTS = ['names.json', 'student.onnx', 'holdout.npz', 'examples.json'] as const;

export interface TrainedConcepts {
  /** Folder of the model. */
  readonly model: string;
  readonly samplesPerCpuSecond: number;
  readonly holdout: Evaluation;
}

/** Trains on `data` (.npy) and measures on `holdout`, or on a tenth of the data's images that is then left out of training. */
export async function trainConcepts(
  paths: {
    readonly data: string;
    readonly holdout?: string | undefined;
    readonly licence?: string;
    readonly out: string;
  },
  options: TrainOptions,
): Promise<TrainedConcepts> {
  const table = await readEmbeddings(paths.data);
  const { d } = table;
  const { kept, heldOut } =
    paths.holdout === undefined
      ? holdOut(table, HOLDOUT_SHARE, options.seed)
      : { kept: table.data, heldOut: (await readEmbeddings(paths.holdout, d)).data };
  // a long training goes on after a kill where it stood
  const checkpoint = options.checkpoint ?? { folder: paths.out };
  const { weights, epochs, samplesPerCpuSecond } = await trainSae(kept, d, { ...options, checkpoint });
  const holdout = await evaluateSae(weights, heldOut, DEFAULT_KS, options.threads);
  // names, student and examples of other weights must not outlive them
  for (const name of MADE_OF_WEIGHTS) await rm(join(paths.out, name), { force: true });
  await writeSae(join(paths.out, 'sae.safetensors'), weights);
  await writeNpy(join(paths.out, 'activity.npy'), {
    shape: [weights.n],
    data: await activityOf(weights, kept, options.threads),
  });
  await writeSample(paths.out, kept, table, options.seed);
  const { progress, kernels, threads, seed, checkpoint: _, ...recorded } = options;
  await writeConceptModel(paths.out, {
    kind: 'concepts',
    version: VERSION,
    d,
    n: weights.n,
    activation: weights.activation,
    levels: [...weights.levels],
    weighting: options.weighting,
    data: { name: table.name, sha256: table.sha256, rows: kept.length / d },
    licence: paths.licence ?? 'NOASSERTION',
    seed,
    options: { ...recorded },
    figures: { ...holdout, epochs },
  });
  await writeReport(paths.out);
  await removeCheckpoint(checkpoint.folder);
  return { model: paths.out, samplesPerCpuSecond, holdout };
}

/** Rows among whose strongest latents each latent is, [n]. */
async function activityOf(sae: SaeWeights, rows: Float32Array, threads: number): Promise<Uint32Array> {
  const activity = new Uint32Array(sae.n);
  for (const { latents } of codesOf(await preActivationsOf(sae, rows, threads), sae.n, USED_K))
    for (const latent of latents) activity[latent]++;
  return activity;
}

async function writeSample(folder: string, kept: Float32Array, table: EmbeddingTable, seed: number): Promise<void> {
  const rows = kept.length / table.d;
  const picked = [...Random.of(seed, 'sample of rows').permutation(rows).slice(0, SAMPLE_ROWS)].sort((a, b) => a - b);
  const data = Float16Array.from(rowsOf({ ...table, data: kept, rows }, picked));
  await writeNpy(join(folder, 'sample.npy'), { shape: [picked.length, table.d], data });
}

/** The folder's sample of training rows, [rows, d]. */
export async function readSample(folder: string): Promise<Float32Array> {
  return toFloat32(await readNpy(join(folder, 'sample.npy')));
}

/** Training rows that use each latent, [n]. */
export async function readActivity(folder: string): Promise<Float32Array> {
  return toFloat32(await readNpy(join(folder, 'activity.npy')));
}
