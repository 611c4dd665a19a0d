/** Rows with their true class, which is the folder in the name of a row's image, and how they are split into rows to train on and rows to audit. */
import { NadirError, Random } from '../../base/index.ts';
import { type EmbeddingTable, readEmbeddings, rowsOf } from '../embeddings.ts';
import { folderOf } from '../row-files.ts';

const AUDITED_SHARE = 0.4;

export interface LabelledRows {
  /** [rows, d]. */
  readonly embeddings: Float32Array;
  /** Image of each row. */
  readonly files: readonly string[];
  /** True class of each row. */
  readonly truth: readonly string[];
}

/** Rows that a probe is trained on, and others that it is audited on. */
export interface LabelledSplit {
  readonly train: LabelledRows;
  readonly audited: LabelledRows;
}

/** Reads rows that are all audited: of an image with several rows the first, since the others are no independent draws. */
export async function readAudited(data: string, d: number): Promise<LabelledRows> {
  const table = await readEmbeddings(data, d);
  return labelled(table, firstRows(table), data);
}

/** Reads rows to train on and to audit; without `holdout`, two fifths of the data's images are audited. */
export async function readSplitRows(
  data: string,
  holdout: string | undefined,
  d: number,
  seed: number,
): Promise<LabelledSplit> {
  const table = await readEmbeddings(data, d);
  if (holdout !== undefined) {
    const split = { train: labelled(table, everyRow(table), data), audited: await readAudited(holdout, d) };
    const trained = new Set(split.train.files);
    const both = split.audited.files.find((file) => trained.has(file));
    if (both === undefined) return split;
    const remedy = 'Hold out images that the probe is not trained on';
    throw new NadirError({ what: `${both} is in ${data} too`, where: holdout, remedy });
  }
  const images = [...new Set(table.files ?? [])];
  const count = Math.round(AUDITED_SHARE * images.length);
  const out = new Set(Random.of(seed, 'audited images').shuffle(images).slice(0, count));
  const isOut = (row: number) => out.has(table.files?.[row] ?? '');
  return {
    train: labelled(
      table,
      everyRow(table).filter((row) => !isOut(row)),
      data,
    ),
    audited: labelled(table, firstRows(table).filter(isOut), data),
  };
}

function labelled(table: EmbeddingTable, rows: readonly number[], where: string): LabelledRows {
  const remedy =
    'Give embeddings with a files.txt beside them whose lines are CLASS/IMAGE, as nadir concepts embed writes it';
  if (table.files === undefined)
    throw new NadirError({ what: 'no files.txt of as many lines as there are rows', where, remedy });
  if (rows.length === 0) throw new NadirError({ what: 'too few images to hold some out', where, remedy: 'Give more' });
  const files = rows.map((row) => table.files?.[row] ?? '');
  const truth = files.map(folderOf);
  const bad = truth.indexOf('');
  if (bad >= 0) throw new NadirError({ what: `no class in the name ${files[bad]}`, where, remedy });
  return { embeddings: rowsOf(table.data, table.d, rows), files, truth };
}

function everyRow({ rows }: EmbeddingTable): number[] {
  return Array.from({ length: rows }, (_, row) => row);
}

function firstRows(table: EmbeddingTable): number[] {
  const seen = new Set<string>();
  return everyRow(table).filter((row) => {
    const file = table.files?.[row] ?? String(row);
    return !seen.has(file) && seen.add(file);
  });
}
