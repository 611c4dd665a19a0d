/**
 * The hybrid that won HYPERVIEW (Kuzu et al., ICIP 2022): a forest for fields with a mean edge above 11 px, neighbours for smaller ones, a hard
 * switch between them. Unlike there, neighbours are scaled by training rows alone; augmented rows (crops without a masked-out field, with the
 * crop's edge) are the caller's to add to the training rows, where no fold can leak into another.
 */
import type { Estimator, TrainingRows } from './estimator.ts';
import type { EstimatorOptions } from './estimator-options.ts';
import type { Forest } from './forest.ts';
import { fitNeighbours, type Neighbours, predictNeighbours } from './neighbours.ts';
import { neighbourEstimator } from './neighbours-estimator.ts';
import { fitTrees, treeEstimator } from './tree-estimators.ts';

/** Fields up to this mean edge, in pixels, are the neighbours' to estimate. */
export const SMALL_FIELD_EDGE = 11;
/** As the winners set them. */
const WINNERS = { trees: 1000, minLeaf: 1, mtry: 1, neighbours: 170 };

/**
 * Fits the forest to all rows and the neighbours to those of small fields. `choices.note` says so where no row has an edge, or none is
 * small: then the forest answers for all.
 */
export function fitEagleEyes(rows: TrainingRows, options: EstimatorOptions, seed: number): Estimator {
  const { forest, outOfBag } = fitTrees('forest', rows, { ...WINNERS, ...options }, seed);
  if (forest === undefined) throw new RangeError('a forest without trees');
  const small = smallRows(rows);
  const neighbours = fitNeighbours(select(rows, small), options.neighbours ?? WINNERS.neighbours);
  const note =
    rows.edge === undefined
      ? 'no row has an edge: the forest answers for all'
      : `no field has an edge of at most ${SMALL_FIELD_EDGE} px: the forest answers for all`;
  const fitted = hybrid(forest, neighbours);
  return small.length > 0 ? fitted : { ...fitted, choices: { note }, ...(outOfBag && { outOfBag }) };
}

/**
 * The forest and the neighbours behind the switch. It is no sum of trees, so it has no `forest` to explain exactly, unless there are no
 * neighbours and the forest answers for all.
 */
export function hybrid(forest: Forest, neighbours: Neighbours): Estimator {
  const large = treeEstimator('eagleeyes', forest);
  const small = neighbourEstimator(neighbours);
  const { features: F, targets: T } = forest;
  const known = neighbours.y.length / T;
  const files = () => new Map([...large.files(), ...small.files()]);
  if (known === 0) return { ...large, files };
  return {
    kind: 'eagleeyes',
    features: F,
    targets: T,
    choices: { switchEdge: SMALL_FIELD_EDGE, neighbours: neighbours.k, smallRows: known },
    predict: (x, n, edge) => {
      const estimate = large.predict(x, n);
      const rows = smallRows({ n, ...(edge && { edge }) });
      const asked = new Float32Array(rows.length * F);
      rows.forEach((row, i) => {
        asked.set(x.subarray(row * F, (row + 1) * F), i * F);
      });
      const answers = predictNeighbours(neighbours, asked, rows.length);
      rows.forEach((row, i) => {
        estimate.set(answers.subarray(i * T, (i + 1) * T), row * T);
      });
      return estimate;
    },
    files,
  };
}

function smallRows({ n, edge }: Pick<TrainingRows, 'n' | 'edge'>): number[] {
  return Array.from({ length: n }, (_, row) => row).filter(
    (row) => edge !== undefined && edge[row] <= SMALL_FIELD_EDGE,
  );
}

function select({ x, y, features, targets }: TrainingRows, rows: readonly number[]): TrainingRows {
  const taken = { x: new Float32Array(rows.length * features), y: new Float64Array(rows.length * targets) };
  rows.forEach((row, i) => {
    taken.x.set(x.subarray(row * features, (row + 1) * features), i * features);
    taken.y.set(y.subarray(row * targets, (row + 1) * targets), i * targets);
  });
  return { ...taken, n: rows.length, features, targets };
}
