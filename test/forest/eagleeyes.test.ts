import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { fitEstimator } from '../../sdk/forest/index.ts';
import { soils, takeRows } from './estimators-data.ts';

const table = soils('SL.125', ['pH', 'clay']);
const random = Random.of(2, 'edges');
const edge = Float64Array.from({ length: table.n }, () => 5 + 20 * random.uniform());
const isSmall = (row: number) => edge[row] <= 11;
const options = { trees: 20, minLeaf: 2, mtry: 1 / 3 };

describe('the winning hybrid', () => {
  test('answers for small fields by neighbours among the small, scaled by them alone, and for others by the forest', () => {
    const model = fitEstimator('eagleeyes', { ...table, edge }, options, 7);
    const forest = fitEstimator('forest', table, options, 7);
    const small = takeRows(table, [...edge.keys()].filter(isSmall));
    const neighbours = fitEstimator('neighbours', small, { neighbours: 170 }, 7);
    const [estimate, byForest, byNeighbours] = [model, forest, neighbours].map((one) =>
      one.predict(table.x, table.n, edge),
    );
    for (let row = 0; row < table.n; row++) {
      const expected = isSmall(row) ? byNeighbours : byForest;
      expect([...estimate.subarray(row * 2, row * 2 + 2)]).toEqual([...expected.subarray(row * 2, row * 2 + 2)]);
    }
    expect(model.choices).toEqual({ switchEdge: 11, neighbours: small.n, smallRows: small.n });
    expect(model.forest).toBeUndefined();
    expect([...model.predict(table.x, table.n)]).toEqual([...byForest]); // a row without an edge is the forest's
  });

  test('is the forest, and says so, where no row has an edge or none is small', () => {
    const forest = fitEstimator('forest', table, options, 7);
    const without = fitEstimator('eagleeyes', table, options, 7);
    const large = fitEstimator('eagleeyes', { ...table, edge: new Float64Array(table.n).fill(40) }, options, 7);
    for (const model of [without, large]) {
      expect([...model.predict(table.x, table.n, edge)]).toEqual([...forest.predict(table.x, table.n)]);
      expect(model.choices.note).toMatch(/the forest answers for all/);
      expect(model.forest?.roots.length).toBe(20);
    }
  });
});
