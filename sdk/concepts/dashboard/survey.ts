/** Everything that a dashboard says of a model's latents, before it is drawn. */
import { NadirError, type Progress, Random } from '../../base/index.ts';
import { gatherActivations, strongestFirst } from '../activations.ts';
import type { ImageSet } from '../images.ts';
import type { NamedLatent } from '../model.ts';
import type { ConceptReader } from '../reader.ts';
import { findRowFiles, rowFiles } from '../row-files.ts';
import { blocksOf } from '../scene-codes.ts';
import type { EmbeddingShards } from '../shards/index.ts';
import { type Effect, effectsOn, type LinearProbe } from './effect.ts';
import { folderClasses } from './labels.ts';
import { type Neighbour, nearestAtoms } from './neighbours.ts';
import { choosePictures, type Pictures } from './pictures.ts';
import { type Spread, spreadOf } from './spread.ts';

/** Activations that are held: 24 bytes each at the peak. Of more rows a seeded sample is taken. */
const MOST_ACTIVATIONS = 2 ** 23;
const NEIGHBOURS = 4;
/** Rows that a probe is trained on. */
const PROBE_ROWS = 4000;

export interface LatentCard {
  readonly latent: number;
  readonly name: NamedLatent | undefined;
  readonly spread: Spread;
  readonly pictures: Pictures;
  readonly neighbours: readonly Neighbour[];
  readonly effect: Effect | undefined;
  /** Cosine to the nearest atom of another training. */
  readonly stability: number | undefined;
}

export interface LatentSurvey {
  readonly cards: readonly LatentCard[];
  /** Rows in the data, and rows looked at. */
  readonly rows: number;
  readonly sampled: number;
  /** Strongest latents of a row that count. */
  readonly k: number;
  /** Classes of the probe. */
  readonly classes: readonly string[];
}

/** Trains a linear classifier on rows [rows, d] of classes `labels`. */
export type ProbeTrainer = (
  rows: Float32Array,
  d: number,
  labels: Int32Array,
  names: readonly string[],
) => LinearProbe | Promise<LinearProbe>;

export interface SurveyOptions {
  readonly k: number;
  readonly seed: number;
  readonly threads: number;
  readonly progress: Progress;
  /** Cosine of each latent's atom and the nearest of another training. */
  readonly stability?: readonly number[] | undefined;
  /** Trains the probe that latents have an effect on; without it they have none. */
  readonly trainProbe?: ProbeTrainer | undefined;
}

/** Looks at embeddings `shards` of `path`, one row an image of `images`. */
export async function surveyLatents(
  { sae, names }: ConceptReader,
  path: string,
  shards: EmbeddingShards,
  images: ImageSet,
  options: SurveyOptions,
): Promise<LatentSurvey> {
  const { k, seed, threads, progress, stability, trainProbe } = options;
  const picked = pickRows(shards.rows, Math.floor(MOST_ACTIVATIONS / Math.min(k, sae.n)), seed);
  const fileOf = await filesOf(path, shards.rows, picked, images);
  const probing = trainProbe ? pickProbeRows(picked, fileOf, seed) : undefined;
  const wanted = new Set(picked);
  const sample = new Float32Array((probing?.rows.length ?? 0) * sae.d);
  const activations = await gatherActivations(
    sae,
    blocksOf(shards),
    { k, threads, progress, isWanted: (row) => wanted.has(row) },
    (row, embedding) => {
      const place = probing?.place.get(row);
      if (place !== undefined) sample.set(embedding, place * sae.d);
    },
  );
  strongestFirst(activations);
  const { n, start, value } = activations;
  const spreads = Array.from({ length: n }, (_, latent) => spreadOf(value.subarray(start[latent], start[latent + 1])));
  const pictures = choosePictures(activations, fileOf);
  progress.log('comparing atoms');
  const neighbours = await nearestAtoms(sae, NEIGHBOURS, threads);
  let effects: Effect[] = [];
  if (trainProbe && probing) {
    progress.log(`training a probe for ${probing.classes.names.length} classes on ${probing.rows.length} rows`);
    const { labels, names: classes } = probing.classes;
    const probe = await trainProbe(sample, sae.d, labels, classes);
    effects = effectsOn(
      probe,
      sae,
      Float32Array.from(spreads, ({ mean }) => mean),
    );
  }
  const cards = spreads.map(
    (spread, latent): LatentCard => ({
      latent,
      name: names[latent],
      spread,
      pictures: pictures[latent],
      neighbours: neighbours[latent],
      effect: spread.rows > 0 ? effects[latent] : undefined,
      stability: stability?.[latent],
    }),
  );
  return { cards, rows: shards.rows, sampled: activations.rows, k, classes: probing?.classes.names ?? [] };
}

/** All rows, or a seeded sample, rising. */
function pickRows(rows: number, most: number, seed: number): Uint32Array {
  if (rows <= most) return Uint32Array.from({ length: rows }, (_, row) => row);
  return Random.of(seed, 'rows of the dashboard').permutation(rows).slice(0, most).sort();
}

/** Image of each picked row, where the images have it. Throws NadirError where the rows' images are unknown or none is there. */
async function filesOf(
  path: string,
  rows: number,
  picked: Uint32Array,
  images: ImageSet,
): Promise<(row: number) => string | undefined> {
  const list = await findRowFiles(path, rows);
  if (list === undefined) {
    const remedy = 'Put files.txt beside the embeddings, an image name for each row, as nadir concepts embed does';
    throw new NadirError({ what: 'no list of the rows’ images', where: path, remedy });
  }
  const files = await rowFiles(list, [...picked]);
  const there = new Set(images.names);
  for (const [row, file] of files) if (!there.has(file)) files.delete(row);
  if (files.size > 0) return (row) => files.get(row);
  const remedy = 'Give the images that the embeddings were made of';
  throw new NadirError({ what: `none of the images in ${list} is here`, where: images.path, remedy });
}

/** A seeded sample of rows whose folders tell their class; undefined where they tell none. */
function pickProbeRows(picked: Uint32Array, fileOf: (row: number) => string | undefined, seed: number) {
  const known = picked.filter((row) => fileOf(row) !== undefined);
  const order = Random.of(seed, 'rows of the probe').permutation(known.length).slice(0, PROBE_ROWS).sort();
  const rows = Array.from(order, (i) => known[i]);
  const classes = folderClasses(rows.map((row) => fileOf(row) ?? ''));
  return classes && { rows, classes, place: new Map(rows.map((row, i) => [row, i])) };
}
