import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { binFeatures, type Forest, type ForestOptions, trainForest } from '../../sdk/forest/index.ts';
import { openTrainKernels } from '../../sdk/forest/kernels/open-train.ts';

/** Rows with columns of every kind: continuous, few values, constant, a copy of another, one outlier, negative zeros. */
function problem(rows: number, targets: number) {
  const features = 19;
  const random = Random.of(8, 'kernels');
  const x = new Float32Array(rows * features);
  for (let row = 0; row < rows; row++) {
    const at = row * features;
    for (let f = 0; f < features; f++) x[at + f] = random.normal();
    x[at + 1] = random.below(5);
    x[at + 2] = 7;
    x[at + 3] = x[at];
    x[at + 4] = row === 3 ? 1e30 : random.uniform();
    x[at + 5] = random.below(2) === 0 ? -0 : 0;
    x[at + 6] = Math.round(random.normal() * 40);
  }
  const y = Float64Array.from({ length: rows * targets }, (_, i) => {
    const at = Math.floor(i / targets) * features;
    return Math.sin(2 * x[at + (i % targets)]) + x[at + 1] + 0.5 * random.normal();
  });
  return { x, y, shape: { rows, features, targets } };
}

/** The bytes of every array of a forest. */
function bytesOf(forest: Forest): string {
  const { roots, feature, threshold, left, right, value, cover } = forest;
  return [roots, feature, threshold, left, right, value, cover]
    .map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength).toString('base64'))
    .join();
}

describe('the training kernels', () => {
  test('are built here, so that what follows compares two implementations', () => {
    expect(openTrainKernels(65_536).name).toBe('wasm');
    expect(openTrainKernels(65_536, 'twin').name).toBe('twin');
  });

  const kinds = ['forest', 'extra'] as const;
  const settings = [
    { targets: 1, minLeaf: 1, bootstrap: true },
    { targets: 4, minLeaf: 1, bootstrap: false },
    { targets: 4, minLeaf: 6, bootstrap: true },
    { targets: 5, minLeaf: 2, bootstrap: true },
    { targets: 9, minLeaf: 1, bootstrap: true },
  ];
  test.each(kinds.flatMap((kind) => settings.map((setting) => ({ kind, ...setting }))))(
    'and their plain twin grow the same bits: $kind, $targets targets, leaf $minLeaf, bootstrap $bootstrap',
    ({ targets, ...setting }) => {
      // 700 rows: nodes of every size, from histograms over sorting networks to subsets
      const { x, y, shape } = problem(700, targets);
      const options: ForestOptions = { trees: 2, mtry: 9, seed: 5, ...setting };
      const forest = trainForest(x, y, shape, options);
      expect(bytesOf(trainForest(x, y, shape, { ...options, engine: 'twin' }))).toBe(bytesOf(forest));
      expect(forest.feature.length).toBeGreaterThan(100);
    },
  );

  test('decide ties between features alike where a group of eight is not full', () => {
    const random = Random.of(3, 'ties');
    const shape = { rows: 300, features: 5, targets: 1 };
    const x = Float32Array.from({ length: 1500 }, () => random.below(20));
    const y = Float64Array.from({ length: 300 }, () => random.uniform());
    for (let seed = 0; seed < 6; seed++) {
      const options: ForestOptions = { trees: 4, mtry: 2, minLeaf: 1, seed, bootstrap: false };
      const twin = trainForest(x, y, shape, { ...options, engine: 'twin' });
      expect(bytesOf(twin)).toBe(bytesOf(trainForest(x, y, shape, options)));
    }
  });

  test('code values alike, in the order of the values, equal where the values are', () => {
    const random = Random.of(2, 'codes');
    for (const rows of [1, 2, 255, 256, 257, 3000]) {
      const values = Float32Array.from({ length: rows }, (_, i) =>
        i % 7 === 0 ? -0 : i % 3 === 0 ? random.below(9) - 4 : random.normal() * 10 ** (random.below(60) - 30),
      );
      const { code } = binFeatures(values, { rows, features: 1 });
      const twin = openTrainKernels(rows * 8, 'twin');
      new Float32Array(twin.buffer, 0, rows).set(values);
      expect(twin.codeFeature(0, rows, rows * 4, 0)).toBe(-1);
      expect([...code]).toEqual([...new Uint16Array(twin.buffer, rows * 4, rows)]);
      const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
      for (let i = 1; i < rows; i++) {
        const [before, here] = [order[i - 1], order[i]];
        expect(Math.sign(code[here] - code[before])).toBe(values[here] === values[before] ? 0 : 1);
      }
    }
  });
});
