/** What follows training in a concept model folder: evaluate, name, distil. Each step reads the folder, adds its part and renews the report. */
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic, writeNpz } from '../base/index.ts';
import { type Evaluation, evaluatePursuit, evaluateSae } from '../sae/index.ts';
import { DEFAULT_RATIO, distill, evaluateStudent, type SizePoint } from './distil/index.ts';
import { holdOut, readEmbeddings } from './embeddings.ts';
import { writeExamples } from './examples.ts';
import { openImages } from './images.ts';
import { type ConceptNames, writeConceptModel, writeConceptNames } from './model.ts';
import { nameLatents } from './name.ts';
import { readConcepts } from './reader.ts';
import { writeReport } from './report.ts';
import { DEFAULT_KS, readActivity, readSample } from './train.ts';
import { readVocabulary } from './vocabulary.ts';

/** Held-out rows that go with the student. */
const HOLDOUT_ROWS = 64;
const HOLDOUT_SHARE = 0.2;

/** Measures a model on embeddings. */
export async function evaluateConcepts(
  folder: string,
  data: string,
  ks: readonly number[] = DEFAULT_KS,
  threads = 1,
  pursuit = false,
): Promise<Evaluation & { readonly pursuit?: Awaited<ReturnType<typeof evaluatePursuit>> }> {
  const { sae } = await readConcepts(folder);
  const rows = (await readEmbeddings(data, sae.d)).data;
  const evaluation = await evaluateSae(sae, rows, ks, threads);
  return pursuit ? { ...evaluation, pursuit: await evaluatePursuit(sae, rows, ks, threads) } : evaluation;
}

export interface NameStep {
  readonly model: string;
  readonly vocabulary: string;
  readonly vectors: string;
  /** Folder that gets the result; the model's own by default. */
  readonly out?: string | undefined;
  /** Embeddings and their images, both or neither: scenes for the report. */
  readonly examples?: { readonly data: string; readonly images: string } | undefined;
  readonly seed: number;
  readonly threads: number;
}

/** Names the latents: writes names.json. */
export async function nameConcepts(
  step: NameStep,
): Promise<ConceptNames & { readonly model: string; readonly out: string }> {
  const folder = await workFolder(step.model, step.out);
  const { sae } = await readConcepts(folder);
  const vocabulary = await readVocabulary(step.vocabulary, step.vectors, sae.d);
  const [sample, activity] = [await readSample(folder), await readActivity(folder)];
  const names = await nameLatents(sae, vocabulary, { sample, activity, seed: step.seed, threads: step.threads });
  await writeConceptNames(folder, names);
  if (step.examples) {
    const table = await readEmbeddings(step.examples.data, sae.d);
    await writeExamples(
      folder,
      await readConcepts(folder),
      table,
      await openImages(step.examples.images),
      step.threads,
    );
  }
  await writeReport(folder);
  return { ...names, model: folder, out: folder };
}

export interface DistilledConcepts {
  readonly teacher: { readonly bytes: number };
  /** `ratio`: times smaller than the teacher that it is. */
  readonly student: {
    readonly bytes: number;
    readonly ratio: number;
    readonly latents: number;
    readonly jaccard16: number;
    readonly cosineLoss: number;
  };
  /** Size and agreement of every student looked at, the largest first. */
  readonly table: readonly SizePoint[];
  readonly model: string;
  /** The same folder. */
  readonly out: string;
}

/** Distils on `data`: writes student.onnx and holdout.npz. Without `holdout`, a fifth of the data's images is held out. */
export async function distillConcepts(step: {
  readonly model: string;
  readonly data: string;
  readonly holdout?: string | undefined;
  readonly out?: string | undefined;
  /** Times smaller than the teacher that the student shall be. */
  readonly ratio?: number;
  /** Ratios to measure besides, for the table. */
  readonly table?: readonly number[];
  readonly seed: number;
  readonly threads: number;
}): Promise<DistilledConcepts> {
  const folder = await workFolder(step.model, step.out);
  const { sae, model } = await readConcepts(folder);
  const { d } = sae;
  const embeddings = await readEmbeddings(step.data, d);
  const { kept, heldOut } =
    step.holdout === undefined
      ? holdOut(embeddings, HOLDOUT_SHARE, step.seed)
      : { kept: embeddings.data, heldOut: (await readEmbeddings(step.holdout, d)).data };
  const { ratio = DEFAULT_RATIO, table: besides = [], threads } = step;
  const distilled = await distill(sae, kept, heldOut, { ratio, table: besides, threads });
  const { student, onnx, k, chosen, table } = distilled;
  const rows = Math.min(HOLDOUT_ROWS, heldOut.length / d);
  const shown = heldOut.slice(0, rows * d);
  await writeFileAtomic(join(folder, 'student.onnx'), onnx);
  await writeNpz(join(folder, 'holdout.npz'), {
    embeddings: { shape: [rows, d], data: shown },
    latents: { shape: [rows, student.n], data: evaluateStudent(student, shown) },
  });
  const { bytes, jaccard16, cosineLoss } = chosen;
  await writeConceptModel(folder, {
    ...model,
    student: { latents: [...student.latents], k, bytes, jaccard16, cosineLoss, table: [...table] },
  });
  await writeReport(folder);
  return {
    teacher: { bytes: distilled.teacherBytes },
    student: { bytes, ratio: chosen.ratio, latents: chosen.latents, jaccard16, cosineLoss },
    table,
    model: folder,
    out: folder,
  };
}

/** The folder to work in: a copy of the model where another one is asked for. */
async function workFolder(model: string, out: string | undefined): Promise<string> {
  if (out === undefined || resolve(out) === resolve(model)) return model;
  await readConcepts(model);
  await cp(model, out, { recursive: true });
  return out;
}
