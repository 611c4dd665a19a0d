/**
 * Trains a sparse autoencoder: unit-norm decoder, gradient projection, clipping, Adam (Zaigrajew, Baniecki & Biecek, ICML 2025, arXiv
 * 2502.20578), for any of the kinds of `kinds/`. It can keep itself on disk and go on after a kill to the same bytes.
 */
import { NadirError } from '../base/index.ts';
import { DenseProduct } from './dense.ts';
import { setUpKind } from './kinds/kinds.ts';
import { preprocess } from './preprocess.ts';
import { TrainingRun } from './run.ts';
import type { Training, TrainOptions } from './train-options.ts';

export type { EpochReport, Kind, Training, TrainOptions } from './train-options.ts';
export { KINDS, TRAIN_DEFAULTS } from './train-options.ts';

/** Trains on embeddings [rows, d]. The same data, options and seed give the same weights. */
export async function trainSae(embeddings: Float32Array, d: number, options: TrainOptions): Promise<Training> {
  checkOptions(options);
  checkRows(embeddings, d);
  const batchRows = Math.min(options.batch, embeddings.length / d);
  const kind = setUpKind(options, d, batchRows);
  const input = preprocess(embeddings, d);
  const dense = await DenseProduct.open(options.threads);
  try {
    const run = new TrainingRun(input, d, kind, options, dense);
    await run.begin();
    return await run.finish();
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

/** Checks the data: at least two rows of finite numbers. */
function checkRows(embeddings: Float32Array, d: number): void {
  const rows = embeddings.length / d;
  const where = 'training data';
  if (!Number.isInteger(rows) || rows < 2) {
    const what = `${rows} rows are too few to train on`;
    throw new NadirError({ what, where, remedy: 'Give at least 2 embeddings', exitCode: 2 });
  }
  const bad = embeddings.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new NadirError({
    what: `${embeddings[bad]} is not a finite number`,
    where: `${where}, row ${Math.floor(bad / d)}, value ${bad % d}`,
    remedy: 'Embed the images again',
  });
}
