import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shippedPath } from '../../sdk/base/index.ts';
import { predictForest, trainForest } from '../../sdk/forest/index.ts';

interface Setting {
  kind: 'forest' | 'extra';
  trees: number;
  minLeaf: number;
  /** [seeds, folds] */
  scores: number[][];
}
const fixture: {
  madeWith: Record<string, string>;
  targets: string[];
  folds: number[];
  maxFeatures: number;
  settings: Setting[];
} = JSON.parse(readFileSync(new URL('../fixtures/forest-limesoda.json', import.meta.url), 'utf8'));

const BANDS = 150;
const F = 4 * BANDS;
const T = fixture.targets.length;

/** Rows that have SOC: reflectance and its first three derivatives (numpy.gradient), [n, 600]; targets, [n, 3]; published folds. */
function readTable() {
  const lines = readFileSync(shippedPath('models', 'soil-spectra', 'limesoda_150bands.csv'), 'utf8')
    .trim()
    .split(/\r?\n/);
  const header = lines[0].split(',');
  const at = (name: string) => header.indexOf(name);
  const cells = lines.map((line) => line.split(',')).filter((row, i) => i > 0 && row[at('SOC')] !== '');
  const x = new Float32Array(cells.length * F);
  cells.forEach((row, i) => {
    let spectrum = Float64Array.from(row.slice(header.length - BANDS), Number);
    for (let order = 0; order < 4; order++) {
      x.set(spectrum, i * F + order * BANDS);
      spectrum = gradient(spectrum);
    }
  });
  const y = Float64Array.from(cells.flatMap((row) => fixture.targets.map((target) => Number(row[at(target)]))));
  return { x, y, fold: cells.map((row) => Number(row[at('fold')])) };
}

function gradient(values: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(values, (_, i) => {
    const [low, high] = [Math.max(0, i - 1), Math.min(values.length - 1, i + 1)];
    return (values[high] - values[low]) / (high - low);
  });
}

/** Challenge score of a seed: mean over folds of the mean over targets of MSE(forest)/MSE(training mean). */
function score({ x, y, fold }: ReturnType<typeof readTable>, { kind, trees, minLeaf }: Setting, seed: number): number {
  const take = <A extends Float32Array | Float64Array>(source: A, width: number, rows: number[]): A => {
    const part = source.slice(0, rows.length * width) as A;
    rows.forEach((row, i) => {
      part.set(source.subarray(row * width, (row + 1) * width), i * width);
    });
    return part;
  };
  let sum = 0;
  for (const held of fixture.folds) {
    const training = [...fold.keys()].filter((row) => fold[row] !== held);
    const testing = [...fold.keys()].filter((row) => fold[row] === held);
    const known = take(y, T, training);
    const shape = { rows: training.length, features: F, targets: T };
    const forest = trainForest(take(x, F, training), known, shape, {
      kind,
      trees,
      minLeaf,
      mtry: fixture.maxFeatures,
      seed,
    });
    const estimate = predictForest(forest, take(x, F, testing));
    const truth = take(y, T, testing);
    for (let t = 0; t < T; t++) {
      const mean = training.reduce((total, _, i) => total + known[i * T + t], 0) / training.length;
      let [model, constant] = [0, 0];
      for (let i = t; i < truth.length; i += T) {
        model += (estimate[i] - truth[i]) ** 2;
        constant += (mean - truth[i]) ** 2;
      }
      sum += model / constant / T / fixture.folds.length;
    }
  }
  return sum;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const variance = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1);

/** Seeds of ours: what they leave to chance is allowed for. Many seeds are compared by `npm run bench -- spectra training`. */
const SEEDS = [1, 2, 3, 4];

describe('on LimeSoDa', () => {
  const table = readTable();
  test.each([{ kind: 'forest' }, { kind: 'extra' }])(
    `our $kind scores as scikit-learn ${fixture.madeWith['scikit-learn']} in the published folds: at most 0.5 % worse, and two standard errors`,
    {
      timeout: 300_000,
    },
    ({ kind }) => {
      const setting = fixture.settings.find((one) => one.kind === kind && one.trees === 50 && one.minLeaf === 1);
      if (setting === undefined) throw new Error(`the fixture has no ${kind}`);
      const theirs = setting.scores.map(mean);
      const ours = SEEDS.map((seed) => score(table, setting, seed));
      const error = Math.sqrt(variance(theirs) * (1 / theirs.length + 1 / SEEDS.length));
      expect(mean(theirs)).toBeGreaterThan(0.25);
      expect(mean(ours)).toBeLessThan(1.005 * mean(theirs) + 2 * error);
      expect(mean(ours)).toBeGreaterThan(0.97 * mean(theirs));
    },
  );
});
