/** From embeddings to a concept model folder. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, readNpy, SILENT, toFloat32, VERSION, writeNpy } from '../base/index.ts';
import {
  type Evaluation,
  evaluateSae,
  removeCheckpoint,
  type SaeWeights,
  type TrainOptions,
  trainSae,
  writeSae,
} from '../sae/index.ts';
import { DASHBOARD } from './dashboard/file.ts';
import { rowsOf } from './embeddings.ts';
import { writeConceptModel } from './model.ts';
import { writeReport } from './report.ts';
import { sceneCodes } from './scene-codes.ts';
import { type DataPaths, openTrainingData } from './training-data.ts';

/** Numbers of latents at which codes are measured, where nothing else is asked. */
export const DEFAULT_KS: readonly number[] = [8, 16, 32, 64];
/** Rows kept in the folder as a sample of the data's covariance, for naming. */
const SAMPLE_ROWS = 512;
/** Strongest latents of a row that count as used. */
const USED_K = 64;
/** What later steps make of the weights. */
const MADE_OF_WEIGHTS = [
  'names.json',
  'student.onnx',
  'student.svg',
  'holdout.npz',
  'examples.json',
  DASHBOARD,
] as const;

export interface TrainedConcepts {
  /** Folder of the model. */
  readonly model: string;
  readonly samplesPerCpuSecond: number;
  readonly holdout: Evaluation;
}

/**
 * Trains on `data` and measures on `holdout`, or on a tenth of the data's images that is then left out of training. Data that do not fit
 * `memoryBytes` are streamed, within that footprint; by default data of more than 256 MiB, within 1 GiB or what the weights need.
 */
export async function trainConcepts(
  paths: DataPaths & {
    readonly licence?: string;
    readonly out: string;
    readonly memoryBytes?: number | undefined;
  },
  options: TrainOptions,
): Promise<TrainedConcepts> {
  const { seed, threads, expansion, batch, progress = SILENT } = options;
  const data = await openTrainingData(paths, { seed, expansion, batch, memoryBytes: paths.memoryBytes, progress });
  try {
    const { d, source, rows, heldOut } = data;
    // a long training goes on after a kill where it stood
    const checkpoint = { ...options.checkpoint, folder: options.checkpoint?.folder ?? paths.out };
    const { weights, epochs, samplesPerCpuSecond } = await trainSae(source, d, { ...options, checkpoint });
    const holdout = await evaluateSae(weights, heldOut, DEFAULT_KS, threads);
    // names, student and examples of other weights must not outlive them
    for (const name of MADE_OF_WEIGHTS) await rm(join(paths.out, name), { force: true });
    await writeSae(join(paths.out, 'sae.safetensors'), weights);
    await writeNpy(join(paths.out, 'activity.npy'), {
      shape: [weights.n],
      data: await activityOf(weights, rows, threads),
    });
    await writeSample(paths.out, rows, d, seed);
    await writeConceptModel(paths.out, {
      kind: 'concepts',
      version: VERSION,
      d,
      n: weights.n,
      activation: weights.activation,
      levels: [...weights.levels],
      weighting: options.weighting,
      data: { name: data.name, sha256: data.sha256, rows: data.count },
      licence: paths.licence ?? 'NOASSERTION',
      seed,
      options: recorded(options),
      figures: { ...holdout, epochs },
    });
    await writeReport(paths.out);
    await removeCheckpoint(checkpoint.folder);
    return { model: paths.out, samplesPerCpuSecond, holdout };
  } finally {
    await data.close();
  }
}

/** Of the options those that the weights depend on, without the seed. */
function recorded({ progress, kernels, threads, seed, checkpoint, ...options }: TrainOptions): Record<string, unknown> {
  return { ...options };
}

/** Rows of [m, d] among whose strongest latents each latent is, [n]. */
async function activityOf(sae: SaeWeights, rows: Float32Array, threads: number): Promise<Uint32Array> {
  const activity = new Uint32Array(sae.n);
  for await (const { codes } of sceneCodes(sae, [rows], { k: USED_K, threads }))
    for (const { latents } of codes) for (const latent of latents) activity[latent]++;
  return activity;
}

async function writeSample(folder: string, rows: Float32Array, d: number, seed: number): Promise<void> {
  const order = Random.of(seed, 'sample of rows').permutation(rows.length / d);
  const picked = order.slice(0, SAMPLE_ROWS).sort();
  const data = Float16Array.from(rowsOf(rows, d, picked));
  await writeNpy(join(folder, 'sample.npy'), { shape: [picked.length, d], data });
}

/** The folder's sample of training rows, [rows, d]. */
export async function readSample(folder: string): Promise<Float32Array> {
  return toFloat32(await readNpy(join(folder, 'sample.npy')));
}

/** Training rows, of those streamed a sample, that use each latent, [n]. */
export async function readActivity(folder: string): Promise<Float32Array> {
  return toFloat32(await readNpy(join(folder, 'activity.npy')));
}
