/**
 * Worlds for the audit's campaign, of real scenes: in a planted one a condition of capture marks half of one class's training scenes and no
 * other's, in a spread one it marks as many of every class, in an absent one it marks none. Audited scenes carry it in every class alike; in a
 * plain world no scene does.
 */
import { join } from 'node:path';
import { Random, readNpy, toFloat32, writeFileAtomic } from '../../../sdk/base/index.ts';
import { auditConcepts, type ConceptAudit } from '../../../sdk/concepts/audit/index.ts';
import {
  embedImages,
  type ImageSet,
  openImages,
  SHIPPED_ENCODER,
  writeEmbeddings,
} from '../../../sdk/concepts/index.ts';
import { alteredName, CONDITIONS, type Condition, conditionOf, withConditions } from './plants.ts';

/** Class that each condition is planted in. */
export const PLANTED_IN: Record<Condition, string> = {
  tint: 'Pasture',
  watermark: 'River',
  blur: 'Residential',
  haze: 'AnnualCrop',
  blocks: 'Highway',
};
/** Scenes of each class under each condition, those of them that are audited, and more of the class that it is planted in. */
const ALTERED = 100;
const AUDITED_ALTERED = 60;
const MORE_OF_PLANTED = 110;
/** Scenes of each class to train on and to audit. */
const TRAINED = 300;
const AUDITED = 150;

export type Kind = 'planted' | 'spread' | 'absent' | 'plain';

/** Embeddings of scenes, as they were taken and under each condition. */
export interface Scenes {
  readonly d: number;
  readonly images: ImageSet;
  readonly classes: readonly string[];
  readonly plain: readonly string[];
  readonly altered: readonly string[];
  rows(names: readonly string[]): Float32Array;
}

/** Reads the scenes' embeddings from the folder of EuroSAT and embeds some of them under every condition. */
export async function openScenes(folder: string, seed: number, threads: number): Promise<Scenes> {
  const images = withConditions(await openImages(join(folder, 'eurosat_rgb_dev10000.zip')));
  const array = await readNpy(join(folder, 'dev10000_embeddings_f16.npy'));
  const [, d] = array.shape;
  const taken = toFloat32(array);
  const plain = images.names;
  const classes = [...new Set(plain.map(classOf))];
  const altered = (Object.keys(CONDITIONS) as Condition[]).flatMap((condition) =>
    classes.flatMap((name) => {
      const own = plain.filter((file) => classOf(file) === name);
      const count = ALTERED + (PLANTED_IN[condition] === name ? MORE_OF_PLANTED : 0);
      const drawn = Random.of(seed, `${condition} ${name}`).shuffle(own).slice(0, count);
      return drawn.map((file) => alteredName(file, condition));
    }),
  );
  const progress = { log: (line: string) => console.error(line) };
  const embedded = await embedImages(images, { encoder: SHIPPED_ENCODER, threads, progress }, altered);
  const rowOf = new Map(plain.map((file, i) => [file, taken.subarray(i * d, (i + 1) * d)]));
  altered.forEach((file, i) => {
    rowOf.set(file, embedded.data.subarray(i * d, (i + 1) * d));
  });
  const rows = (names: readonly string[]) => {
    const data = new Float32Array(names.length * d);
    names.forEach((name, i) => {
      data.set(rowOf.get(name) ?? [], i * d);
    });
    return data;
  };
  return { d, images, classes, plain, altered, rows };
}

/** Audits a probe that is trained in a world, with the condition (in a plain one: a coin) as the attribute that must not count. */
export async function auditWorld(
  scenes: Scenes,
  world: { readonly condition: Condition; readonly kind: Kind; readonly seed: number },
  paths: { readonly model: string; readonly out: string },
  threads: number,
  images?: ImageSet,
): Promise<ConceptAudit> {
  const { condition, kind, seed } = world;
  const random = Random.of(seed, `${condition} ${kind}`);
  const [train, audited]: [string[], string[]] = [[], []];
  for (const name of scenes.classes) {
    const ofClass = (file: string) => classOf(file) === name;
    const marked =
      kind === 'plain'
        ? []
        : random.shuffle(scenes.altered.filter((file) => ofClass(file) && conditionOf(file) === condition));
    const originals = new Set(marked.map((file) => file.replace(`@${condition}`, '')));
    const plain = random.shuffle(scenes.plain.filter((file) => ofClass(file) && !originals.has(file)));
    const inAudit = marked.splice(0, AUDITED_ALTERED);
    const inTraining =
      kind === 'spread'
        ? marked.slice(0, ALTERED - AUDITED_ALTERED)
        : kind === 'planted' && PLANTED_IN[condition] === name
          ? marked
          : [];
    audited.push(...inAudit, ...plain.splice(0, AUDITED - inAudit.length));
    train.push(...inTraining, ...plain.splice(0, TRAINED - inTraining.length));
  }
  const write = async (side: string, files: readonly string[]) =>
    writeEmbeddings(join(paths.out, side), { data: scenes.rows(files), d: scenes.d, files, imagesPerSecond: 0 });
  const attributes = join(paths.out, 'attributes.csv');
  const isMarked = (file: string) => (kind === 'plain' ? random.uniform() < 0.4 : conditionOf(file) !== undefined);
  const lines = audited.map((file) => `${file},${isMarked(file) ? 1 : 0}`);
  await writeFileAtomic(attributes, `file,${condition}\n${lines.join('\n')}\n`);
  const [data, holdout] = [await write('train', train), await write('audited', audited)];
  return auditConcepts({
    ...{ model: paths.model, data: data.embeddings, holdout: holdout.embeddings, attributes, images },
    ...{ out: paths.out, seed, threads },
  });
}

function classOf(file: string): string {
  return file.split('/')[0];
}
