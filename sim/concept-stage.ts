/** The concept half of a mission: embed the shipped scenes, train the Matryoshka dictionary, name its latents, distil what flies. */
import { join } from 'node:path';
import type { Progress } from '../sdk/base/index.ts';
import {
  distillConcepts,
  embedImages,
  type ImageSet,
  nameConcepts,
  openImages,
  readSplit,
  SCENES_LICENCE,
  SHIPPED_ENCODER,
  SHIPPED_SCENES,
  shippedVocabulary,
  trainConcepts,
  writeEmbeddings,
} from '../sdk/concepts/index.ts';
import { TRAIN_DEFAULTS } from '../sdk/sae/index.ts';
import type { ConceptFacts } from './mission-facts.ts';
import type { ConceptSettings } from './mission-settings.ts';
import type { TrueEmbeddings } from './recovery.ts';

export interface ConceptStageOptions {
  /** Folder of the concept model. */
  readonly folder: string;
  readonly seed: number;
  readonly threads: number;
  readonly settings: ConceptSettings;
}

export interface ConceptStage {
  readonly facts: ConceptFacts;
  readonly images: ImageSet;
  /** Names of the scenes that no training saw. */
  readonly heldOut: readonly string[];
  /** The encoder's own embeddings of them. */
  readonly trueEmbeddings: TrueEmbeddings;
}

/** Makes the concept model folder that pack and ground read. */
export async function makeConceptModel(options: ConceptStageOptions, progress: Progress): Promise<ConceptStage> {
  const { folder, seed, threads, settings } = options;
  const images = await openImages(SHIPPED_SCENES);
  const training = spread(await readSplit('train'), settings.train);
  const heldOut = spread(await readSplit('holdout'), settings.heldOut);
  progress.log(`embedding ${training.length} scenes, each turned and mirrored ${settings.variants} ways`);
  const embed = (names: readonly string[], augment: number) =>
    embedImages(images, { encoder: SHIPPED_ENCODER, threads, augment, progress }, names);
  const seen = await embed(training, settings.variants);
  const unseen = await embed(heldOut, 1);
  const data = await writeEmbeddings(join(folder, 'embeddings', 'train'), seen);
  const holdout = await writeEmbeddings(join(folder, 'embeddings', 'holdout'), unseen);

  const trained = await trainConcepts(
    { data: data.embeddings, holdout: holdout.embeddings, licence: SCENES_LICENCE, out: folder },
    {
      ...TRAIN_DEFAULTS,
      ...{ epochs: settings.epochs, learningRate: settings.learningRate, initialisation: settings.initialisation },
      ...{ seed, threads, progress },
    },
  );
  progress.log('naming the latents');
  const { named } = await nameConcepts({
    model: folder,
    ...shippedVocabulary(settings.vocabulary),
    data: data.embeddings,
    examples: { data: holdout.embeddings, images: SHIPPED_SCENES },
    seed,
    threads,
  });
  progress.log('distilling what flies');
  const distilled = await distillConcepts({
    model: folder,
    data: data.embeddings,
    holdout: holdout.embeddings,
    seed,
    threads,
  });
  return {
    facts: {
      byK: trained.holdout.byK.map(({ k, fvu, cosine }) => ({ k, fvu, cosine })),
      named: named.filter(({ valid }) => valid).length,
      latents: named.length,
      embeddingLength: seen.d,
      trainedOn: training.length,
      heldOut: heldOut.length,
      teacherBytes: distilled.teacher.bytes,
      studentBytes: distilled.student.bytes,
      jaccard16: distilled.student.jaccard16,
      cosineLoss: distilled.student.cosineLoss,
    },
    images,
    heldOut,
    trueEmbeddings: new Map(
      unseen.files.map((file, row) => [file, unseen.data.subarray(row * unseen.d, (row + 1) * unseen.d)]),
    ),
  };
}

/** At most `count` of the names, evenly over the list: the lists are sorted by class, so every class keeps its share. */
function spread(names: readonly string[], count: number): string[] {
  if (count >= names.length) return [...names];
  return Array.from({ length: count }, (_, i) => names[Math.floor(((i + 0.5) * names.length) / count)]);
}
