/** From files to the measures of a model, alone or against others. */
import { NadirError, type Progress, SILENT } from '../../base/index.ts';
import type { Evaluation } from '../../sae/index.ts';
import { readSplitRows } from '../audit/labelled-rows.ts';
import { folderClasses } from '../dashboard/labels.ts';
import { type EmbeddingTable, readEmbeddings } from '../embeddings.ts';
import { DEFAULT_KS } from '../train.ts';
import { type Comparison, compareModels, ksOf } from './against.ts';
import { evaluateByLabels, type LabelEvaluation } from './by-labels.ts';
import { type MeasuredForms, measureForms } from './forms.ts';
import { type MeasuredModel, readMeasured } from './measured-model.ts';
import { type ParetoFiles, writePareto } from './report.ts';

export interface EvaluateStep {
  /** Concept model folder, or a folder or file of any autoencoder that is read. */
  readonly model: string;
  /** Embeddings that the model was not trained on. */
  readonly data: string;
  /** Embeddings to train probes on, with classes in their files.txt; without them three fifths of the data's images. */
  readonly train?: string | undefined;
  readonly ks?: readonly number[] | undefined;
  /** Whether codes found by matching pursuit are measured too. */
  readonly pursuit?: boolean | undefined;
  /** Models to compare with on the same rows. */
  readonly against?: readonly string[] | undefined;
  /** Folder of a comparison's report. */
  readonly out?: string | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly progress?: Progress | undefined;
}

export interface ConceptEvaluation extends Evaluation, Omit<MeasuredForms, 'evaluation'> {
  /** Where the data's images lie in folders by class. */
  readonly labels?: LabelEvaluation;
  readonly against?: Comparison & ParetoFiles;
  /** Folder of what was written; null where nothing was. */
  readonly out: string | null;
}

/** Measures a model; against others too where `against` names some, and writes their Pareto fronts to `out`. */
export async function evaluateConcepts(step: EvaluateStep): Promise<ConceptEvaluation> {
  const { ks = DEFAULT_KS, pursuit = false, against = [], out, seed = 0, threads = 1, progress = SILENT } = step;
  if (out === undefined && against.length > 0)
    throw new NadirError({ what: 'no folder for the comparison', where: 'out', remedy: 'Name one', exitCode: 2 });
  const model = await readMeasured(step.model);
  const { sae } = model;
  const others: MeasuredModel[] = [];
  for (const path of against) others.push(await readMeasured(path, sae.d));
  const table = await readEmbeddings(step.data, sae.d);
  const { data } = table;
  const options = { ks: others.length > 0 ? ksOf(sae, ks) : ks, threads, pursuit };
  const forms = await measureForms(model, data, options);
  const { evaluation, ...besides } = forms;
  const labels = await byLabels(step, model, table, { ks: evaluation.byK.map(({ k }) => k), seed, threads, progress });
  const own = { ...evaluation, ...besides, ...(labels && { labels }) };
  if (others.length === 0 || out === undefined) return { ...own, out: null };
  progress.log(`comparing ${others.length + 1} models on ${table.rows} rows`);
  const comparison = await compareModels([model, ...others], data, forms, options);
  const files = await writePareto(out, comparison, { data: table.name, seed });
  return { ...own, against: { ...comparison, ...files }, out };
}

async function byLabels(
  { data, train }: EvaluateStep,
  { sae }: MeasuredModel,
  { files = [] }: EmbeddingTable,
  { ks, seed, threads, progress }: { ks: readonly number[]; seed: number; threads: number; progress: Progress },
): Promise<LabelEvaluation | undefined> {
  const classes = folderClasses(files);
  if (train === undefined && !classes) return undefined;
  const split =
    train === undefined
      ? await readSplitRows(data, undefined, sae.d, seed)
      : await readSplitRows(train, data, sae.d, seed);
  progress.log(`training probes of ${new Set(split.train.truth).size} classes`);
  return evaluateByLabels(sae, split, ks, seed, threads);
}
