/** The step that names a model folder's latents: reads vocabularies and scenes, writes names.json and renews the report. */
import { NadirError } from '../../base/index.ts';
import { type EmbeddingTable, readEmbeddings, rowsOf } from '../embeddings.ts';
import { writeExamples } from '../examples.ts';
import { openImages } from '../images.ts';
import { type ConceptNames, writeConceptNames } from '../model.ts';
import { readConcepts } from '../reader.ts';
import { writeReport } from '../report.ts';
import { readActivity, readSample } from '../train.ts';
import { workFolder } from '../work-folder.ts';
import { classVocabulary, placesOf, readLabels, splitScenes } from './classes.ts';
import { findHierarchy, type Hierarchy } from './hierarchy.ts';
import { nameLatents } from './name.ts';
import { type NamingVocabulary, nameByScenes } from './name-by-scenes.ts';
import { readVocabulary, type Vocabulary } from './vocabulary.ts';

/** Title of the vocabulary that the user's own labels make. */
export const CLASSES = 'classes';

export interface NameStep {
  readonly model: string;
  /** Text files of words, and for each the file of its vectors, in the order in which they may name. */
  readonly vocabulary?: string | readonly string[] | undefined;
  readonly vectors?: string | readonly string[] | undefined;
  /** The vectors of an .npy are read by their product with an embedding, as text embeddings are (vocabulary.ts). */
  readonly readouts?: boolean | undefined;
  /** Embeddings of scenes that name and confirm; without them names are by the atoms, unconfirmed. */
  readonly data?: string | undefined;
  /** Classes of these scenes, `folders` or a text file: a vocabulary that comes before the others. */
  readonly labels?: string | undefined;
  /** 0.05 by default. */
  readonly falseDiscoveryRate?: number | undefined;
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
  const paths = vocabularyPaths(step);
  const folder = await workFolder(step.model, step.out);
  const { sae } = await readConcepts(folder);
  const vocabularies: Vocabulary[] = [];
  for (const { text, vectors } of paths) vocabularies.push(await readVocabulary(text, vectors, sae.d, step.readouts));
  checkTitles(vocabularies, step.labels !== undefined);
  const { seed, threads, falseDiscoveryRate } = step;
  const options = { sample: await readSample(folder), seed, threads, falseDiscoveryRate };
  let names: ConceptNames;
  if (step.data === undefined) {
    names = await nameLatents(sae, vocabularies, { ...options, activity: await readActivity(folder) });
  } else {
    const table = await readEmbeddings(step.data, sae.d);
    const labels = step.labels === undefined ? undefined : await readLabels(step.labels, table, step.data);
    const split = splitScenes(table, labels, seed);
    const rows = (which: readonly number[]) => rowsOf(table.data, sae.d, which);
    const scenes = { scored: rows(split.scored), confirming: rows(split.confirming) };
    const usable = labels ? [ofClasses(table, labels, split), ...vocabularies] : vocabularies;
    names = await nameByScenes(sae, usable, scenes, options);
    const hierarchy = await findHierarchy(sae, scenes.scored, seed, threads);
    if (hierarchy) names = withHierarchy(names, hierarchy);
  }
  await writeConceptNames(folder, names);
  if (step.examples) {
    const table = await readEmbeddings(step.examples.data, sae.d);
    await writeExamples(folder, await readConcepts(folder), table, await openImages(step.examples.images), threads);
  }
  await writeReport(folder);
  return { ...names, model: folder, out: folder };
}

function ofClasses(
  table: EmbeddingTable,
  labels: readonly string[],
  split: ReturnType<typeof splitScenes>,
): NamingVocabulary {
  const vocabulary = classVocabulary(CLASSES, table, labels, split);
  const confirming = split.confirming.map((row) => labels[row]);
  return { ...vocabulary, labels: placesOf(confirming, vocabulary.words) };
}

/** Writes levels and hierarchy into names. */
export function withHierarchy(names: ConceptNames, { levels, refined }: Hierarchy): ConceptNames {
  const named = names.named.map((latent) => ({
    ...latent,
    ...(levels[latent.latent] > 0 && { level: levels[latent.latent] }),
  }));
  const refinedBy = new Map<number, number[]>();
  refined.forEach((coarse, fine) => {
    if (coarse >= 0) refinedBy.set(coarse, [...(refinedBy.get(coarse) ?? []), fine]);
  });
  const hierarchy = [...refinedBy]
    .map(([latent, finer]) => ({ latent, refinedBy: finer.sort((a, b) => levels[a] - levels[b] || a - b) }))
    .sort((a, b) => levels[a.latent] - levels[b.latent] || a.latent - b.latent);
  return { ...names, hierarchy, named };
}

function vocabularyPaths({ vocabulary, vectors, labels, data, falseDiscoveryRate: rate }: NameStep) {
  const fail = (what: string, where: string, remedy: string) => new NadirError({ what, where, remedy, exitCode: 2 });
  const [texts, files] = [[vocabulary ?? []].flat(), [vectors ?? []].flat()];
  if (texts.length !== files.length)
    throw fail(
      `${texts.length} vocabularies and ${files.length} files of vectors`,
      '--vocabulary and --vectors',
      'Give a file of vectors for each vocabulary, in the same order',
    );
  if (labels !== undefined && data === undefined)
    throw fail('labels without scenes', '--labels', 'Give the embeddings of the labelled scenes as --data');
  if (texts.length === 0 && labels === undefined)
    throw fail('no vocabulary', 'options', 'Give --vocabulary with --vectors, or --labels with --data');
  if (rate !== undefined && !(rate > 0 && rate < 1))
    throw fail(`a false-discovery rate of ${rate}`, '--fdr', 'Give a number between 0 and 1');
  return texts.map((text, i) => ({ text, vectors: files[i] }));
}

function checkTitles(vocabularies: readonly Vocabulary[], hasClasses: boolean): void {
  const titles = [...(hasClasses ? [CLASSES] : []), ...vocabularies.map(({ title }) => title)];
  const twice = titles.find((title, i) => titles.indexOf(title) < i);
  if (twice === undefined) return;
  const remedy = 'Give each file of words a name of its own';
  throw new NadirError({ what: `two vocabularies are called "${twice}"`, where: '--vocabulary', remedy, exitCode: 2 });
}
