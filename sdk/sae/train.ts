/**
 * Trains a sparse autoencoder: unit-norm decoder, gradient projection, clipping, Adam (Zaigrajew, Baniecki & Biecek, ICML 2025, arXiv
 * 2502.20578), for any of the kinds of `kinds/`. It can keep itself on disk and go on after a kill to the same bytes.
 */
import { NadirError } from '../base/index.ts';
import { DenseProduct } from './dense.ts';
import { setUpKind } from './kinds/kinds.ts';
import { type RowSource, RowsInMemory } from './row-source.ts';
import { TrainingRun } from './run.ts';
import type { Training, TrainOptions } from './train-options.ts';

export type { EpochReport, Kind, Training, TrainOptions } from './train-options.ts';
export { KINDS, TRAIN_DEFAULTS } from './train-options.ts';

/** Where errors of the data are. */
const DATA = 'training data';

/** Trains on embeddings [rows, d], or on rows of length d from elsewhere. The same data, options and seed give the same weights. */
export async function trainSae(
  embeddings: Float32Array | RowSource,
  d: number,
  options: TrainOptions,
): Promise<Training> {
  checkOptions(options);
  const inMemory = embeddings instanceof Float32Array;
  const rows = inMemory ? embeddings.length / d : embeddings.rows;
  checkCount(rows);
  if (inMemory) checkFinite(embeddings, d);
  const kind = setUpKind(options, d, Math.min(options.batch, rows));
  const source = inMemory ? new RowsInMemory(embeddings, d, options.seed) : embeddings;
  const dense = await DenseProduct.open(options.threads);
  try {
    const run = new TrainingRun(source, kind, options, dense);
    try {
      await run.begin();
      return await run.finish();
    } finally {
      await run.close();
    }
  } finally {
    await dense.close();
  }
}

/** Checks the numbers that no kind looks at. */
function checkOptions({
  auxiliary = 0,
  penalty = 0,
  helpers = 1,
  resampleEvery = 0,
  deadAfter = 1,
}: TrainOptions): void {
  for (const [name, value] of Object.entries({ auxiliary, penalty }))
    if (!(value >= 0 && Number.isFinite(value))) throw wrong(name, value, 'Give a number from 0');
  for (const [name, value] of Object.entries({ helpers, deadAfter, resampleEvery }))
    if (!Number.isInteger(value) || value < (name === 'resampleEvery' ? 0 : 1))
      throw wrong(name, value, 'Give a count');
}

function wrong(name: string, value: number, remedy: string): NadirError {
  return new NadirError({ what: `${value} is no ${name}`, where: `option ${name}`, remedy, exitCode: 2 });
}

function checkCount(rows: number): void {
  if (Number.isInteger(rows) && rows >= 2) return;
  const what = `${rows} rows are too few to train on`;
  throw new NadirError({ what, where: DATA, remedy: 'Give at least 2 embeddings', exitCode: 2 });
}

function checkFinite(embeddings: Float32Array, d: number): void {
  const bad = embeddings.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new NadirError({
    what: `${embeddings[bad]} is not a finite number`,
    where: `${DATA}, row ${Math.floor(bad / d)}, value ${bad % d}`,
    remedy: 'Embed the images again',
  });
}
