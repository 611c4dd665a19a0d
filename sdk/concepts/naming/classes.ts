/**
 * A vocabulary of the user's own labelled scenes: a word a class, its vector the mean of the class's embeddings. Only half of the images
 * make it, evenly over classes; the others are left to confirm names.
 */
import { NadirError, Random, readBounded } from '../../base/index.ts';
import { type EmbeddingTable, rowsOf } from '../embeddings.ts';
import { folderOf } from '../row-files.ts';
import { meanRow } from './scene-directions.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Says that an image's class is the folder that it lies in. */
const BY_FOLDER = 'folders';
/** Of more rows a seeded sample is taken. */
const MOST_ROWS = 2 ** 14;
const FEWEST_IMAGES = 10;
const MAX_TEXT_BYTES = 64 * 2 ** 20;

/** Class of each row: `folders`, or the path of a text file with a class a line. */
export async function readLabels(labels: string, table: EmbeddingTable, data: string): Promise<string[]> {
  if (labels === BY_FOLDER) {
    const remedy =
      'Give embeddings with a files.txt beside them whose lines are CLASS/IMAGE, or a text file of classes';
    if (table.files === undefined)
      throw new NadirError({ what: 'no files.txt of as many lines as there are rows', where: data, remedy });
    const classes = table.files.map(folderOf);
    const bad = classes.indexOf('');
    if (bad >= 0) throw new NadirError({ what: `no class in the name ${table.files[bad]}`, where: data, remedy });
    return classes;
  }
  const text = (await readBounded(labels, MAX_TEXT_BYTES)).toString('utf8').replace(/\r?\n$/, '');
  const classes = text.split(/\r?\n/).map((line) => line.trim());
  const remedy = 'Give one class a line, in the order of the embeddings';
  const empty = classes.indexOf('');
  if (empty >= 0) throw new NadirError({ what: 'empty line', where: `${labels}, line ${empty + 1}`, remedy });
  if (classes.length !== table.rows)
    throw new NadirError({ what: `${classes.length} labels for ${table.rows} embeddings`, where: labels, remedy });
  return classes;
}

/** Rows that score and rows that confirm, numbers into the table. */
export interface SceneSplit {
  readonly scored: readonly number[];
  /** Of other images, one row an image. */
  readonly confirming: readonly number[];
}

/** Splits rows by image into halves, each class on its own where there are labels. */
export function splitScenes(table: EmbeddingTable, labels: readonly string[] | undefined, seed: number): SceneSplit {
  const byImage = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const image = table.files?.[row] ?? String(row);
    const rows = byImage.get(image);
    if (rows) rows.push(row);
    else byImage.set(image, [row]);
  }
  const scored: number[] = [];
  const confirming: number[] = [];
  const seen = new Map<string, number>();
  let taken = 0;
  for (const rows of Random.of(seed, 'scenes that confirm names').shuffle([...byImage.values()])) {
    if (taken >= MOST_ROWS) break;
    taken += rows.length;
    const name = labels?.[rows[0]] ?? '';
    const place = seen.get(name) ?? 0;
    seen.set(name, place + 1);
    if (place % 2 === 0) scored.push(...rows);
    else confirming.push(rows[0]);
  }
  if (confirming.length === 0) {
    const remedy = 'Give embeddings of more images';
    throw new NadirError({ what: 'one image cannot be split', where: table.name, remedy });
  }
  return { scored: scored.sort((a, b) => a - b), confirming: confirming.sort((a, b) => a - b) };
}

/** The vocabulary of the classes of the scored rows, sorted by name. */
export function classVocabulary(
  title: string,
  table: EmbeddingTable,
  labels: readonly string[],
  { scored, confirming }: SceneSplit,
): Vocabulary {
  const words = [...new Set(labels)].sort();
  const fail = (what: string, remedy: string) => new NadirError({ what, where: title, remedy });
  if (words.length < 2) throw fail(`all scenes are of one class, "${words[0]}"`, 'Give scenes of at least two classes');
  const images = new Map<string, number>();
  for (const row of [...scored, ...confirming]) images.set(labels[row], (images.get(labels[row]) ?? 0) + 1);
  const rare = words.find((word) => (images.get(word) ?? 0) < FEWEST_IMAGES);
  if (rare !== undefined)
    throw fail(
      `class "${rare}" has ${images.get(rare) ?? 0} of the scenes`,
      `Give at least ${FEWEST_IMAGES} scenes of each class`,
    );
  const { d } = table;
  const vectors = new Float32Array(words.length * d);
  for (const [i, word] of words.entries()) {
    const rows = scored.filter((row) => labels[row] === word);
    vectors.set(meanRow(rowsOf(table.data, d, rows), d), i * d);
  }
  return { title, words, vectors, d };
}

/** Class of each row as a place in the words, or -1. */
export function placesOf(labels: readonly string[], words: readonly string[]): Int32Array {
  const place = new Map(words.map((word, i) => [word, i]));
  return Int32Array.from(labels, (label) => place.get(label) ?? -1);
}
