/** What follows training in a concept model folder: distil (evaluate/step.ts evaluates, naming/step.ts names). A step reads the folder, adds its part and renews the report. */
import { join } from 'node:path';
import { writeFileAtomic, writeNpz } from '../base/index.ts';
import { DEFAULT_RATIO, distill, evaluateStudent, type SizePoint } from './distil/index.ts';
import { holdOut, readEmbeddings } from './embeddings.ts';
import { writeConceptModel } from './model.ts';
import { readConcepts } from './reader.ts';
import { writeReport } from './report.ts';
import { workFolder } from './work-folder.ts';

/** Held-out rows that go with the student. */
const HOLDOUT_ROWS = 64;
const HOLDOUT_SHARE = 0.2;

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
