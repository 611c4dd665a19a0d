import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { NEVER_HELD_OUT, pooledFigures, scoreFolds, withIntervals } from '../../sdk/spectra/index.ts';

const folds = { names: ['1', '2'], of: Uint16Array.of(0, 0, 1, 1), scheme: 'two' };

describe('the challenge score', () => {
  test('is the ratio to the training-mean predictor, averaged over targets and then folds (worked by hand)', () => {
    // one target 1 2 | 3 6: the mean of the other fold is 4.5 and 1.5; mean predictor's SSE 3.5²+2.5² = 18.5 and 1.5²+4.5² = 22.5
    const score = scoreFolds(Float64Array.of(1, 2, 3, 6), Float64Array.of(2, 2, 3, 4), folds, ['pH']);
    expect(score.folds[0]).toBeCloseTo(1 / 18.5, 14);
    expect(score.folds[1]).toBeCloseTo(4 / 22.5, 14);
    expect(score.mean).toBeCloseTo((1 / 18.5 + 4 / 22.5) / 2, 14);
    expect(score.sd).toBeCloseTo(Math.abs(1 / 18.5 - 4 / 22.5) / Math.SQRT2, 14);
    const { pH } = score.perTarget;
    // mean 3, SST 4+1+0+9 = 14, SSE 5; SD² = 14/3; quartiles (type 7) 1.75 and 3.75
    expect(pH.r2).toBeCloseTo(1 - 5 / 14, 14);
    expect(pH.rmse).toBeCloseTo(Math.sqrt(5 / 4), 14);
    expect(pH.bias).toBeCloseTo(-1 / 4, 14);
    expect(pH.rpd).toBeCloseTo(Math.sqrt(14 / 3) / Math.sqrt(5 / 4), 14);
    expect(pH.rpiq).toBeCloseTo(2 / Math.sqrt(5 / 4), 14);
  });

  test('is exactly 1 for the training-mean predictor, whatever the scale of the targets', () => {
    const n = 40;
    const random = Random.of(4, 'score');
    const of = Uint16Array.from({ length: n }, (_, i) => i % 4);
    const truth = Float64Array.from({ length: n * 2 }, (_, i) => random.normal() * (i % 2 ? 1000 : 0.01) + 7);
    const prediction = new Float64Array(n * 2);
    for (let row = 0; row < n; row++)
      for (let t = 0; t < 2; t++) {
        const training = [...truth.keys()].filter((i) => i % 2 === t && of[i >> 1] !== of[row]);
        prediction[row * 2 + t] = training.reduce((sum, i) => sum + truth[i], 0) / training.length;
      }
    const score = scoreFolds(truth, prediction, { names: ['1', '2', '3', '4'], of, scheme: '' }, ['K', 'Mg']);
    expect(score.mean).toBeCloseTo(1, 12);
    expect(score.perTarget.Mg.score).toBeCloseTo(1, 12);
    expect(score.perTarget.K.rpd).toBeLessThan(1.1);
  });

  test('refuses a target that does not vary instead of dividing by zero', () => {
    const rounded = new Float64Array(4).fill(0.1);
    expect(() =>
      scoreFolds(
        rounded,
        rounded.map((value) => value + 1),
        folds,
        ['pH'],
      ),
    ).toThrow(/target pH, fold 1/);
    const truth = Float64Array.of(5, 5, 5, 5);
    expect(() => scoreFolds(truth, truth, folds, ['pH'])).toThrow(/mean predictor is exact: target pH, fold 1/);
  });
});

describe("the soil scientist's figures", () => {
  test('equal those of numpy', () => {
    const { truth, prediction, figures } = JSON.parse(readFileSync('test/fixtures/score-metrics.json', 'utf8'));
    const own = pooledFigures(Float64Array.from(truth), Float64Array.from(prediction));
    expect(Object.keys(own).sort()).toEqual(Object.keys(figures).sort());
    for (const [name, value] of Object.entries(own)) expect(value).toBeCloseTo(figures[name], 11);
  });

  test('a perfect estimate agrees wholly, one that never moves not at all', () => {
    const truth = Float64Array.of(1, 2, 3, 6);
    expect(pooledFigures(truth, truth)).toMatchObject({
      ccc: 1,
      slope: 1,
      intercept: 0,
      sdRatio: 1,
      sep: 0,
      rpd: null,
    });
    expect(pooledFigures(truth, Float64Array.of(3, 3, 3, 3))).toMatchObject({ ccc: 0, slope: 0, sdRatio: 0 });
  });

  test('rows that are never held out count for the training mean, and in no figure', () => {
    // held out 1 and 5; mean of the rows trained on 2, errors 1 and 3
    const score = scoreFolds(
      Float64Array.of(1, 5, 1, 3),
      Float64Array.of(2, 4, Number.NaN, Number.NaN),
      { names: ['held out'], of: Uint16Array.of(0, 0, NEVER_HELD_OUT, NEVER_HELD_OUT), scheme: '' },
      ['pH'],
    );
    expect(score.mean).toBeCloseTo(2 / (1 + 9), 14);
    expect(score.perTarget.pH).toMatchObject({ n: 2, min: 1, max: 5, rmse: 1 });
  });
});

describe('confidence intervals', () => {
  const n = 400;
  const random = Random.of(2, 'intervals');
  const groupOf = Uint32Array.from({ length: n }, (_, i) => Math.floor(i / 20));
  const shift = Float64Array.from({ length: n / 20 }, () => random.normal());
  const truth = Float64Array.from({ length: n }, () => 10 * random.normal());
  const prediction = truth.map((value, i) => value + shift[groupOf[i]] + 0.5 * random.normal());
  const many = { names: ['1', '2'], of: Uint16Array.from(groupOf, (group) => group % 2), scheme: '' };
  const score = scoreFolds(truth, prediction, many, ['K']);

  test('of the bias is its standard error by rows, and wider by groups that share an error', () => {
    const errors = prediction.map((value, i) => value - truth[i]);
    const bias = errors.reduce((sum, error) => sum + error / n, 0);
    const variance = errors.reduce((sum, error) => sum + (error - bias) ** 2 / (n - 1), 0);
    const byRows = withIntervals(score, truth, prediction, many, { seed: 1 }).perTarget.K.interval95?.bias ?? [0, 0];
    expect(byRows[0]).toBeCloseTo(bias - 1.96 * Math.sqrt(variance / n), 1);
    expect(byRows[1]).toBeCloseTo(bias + 1.96 * Math.sqrt(variance / n), 1);
    const byGroups = withIntervals(score, truth, prediction, many, { seed: 1, groupOf }).perTarget.K.interval95
      ?.bias ?? [0, 0];
    // 20 groups with SD 1 and 400 rows with SD about 1.1
    expect((byGroups[1] - byGroups[0]) / (byRows[1] - byRows[0])).toBeGreaterThan(2);
  });

  test('hold the figure itself and repeat with the seed', () => {
    const own = withIntervals(score, truth, prediction, many, { seed: 3, replicates: 200 });
    expect(withIntervals(score, truth, prediction, many, { seed: 3, replicates: 200 })).toEqual(own);
    for (const [name, [low, high]] of Object.entries(own.perTarget.K.interval95 ?? {})) {
      const figure = Number(own.perTarget.K[name as 'r2']);
      expect(low).toBeLessThan(figure);
      expect(high).toBeGreaterThan(figure);
    }
    expect(own.interval95?.[0]).toBeLessThan(own.mean);
  });

  test('are left out where there are too few groups to say how groups differ', () => {
    const two = groupOf.map((group) => group % 2);
    expect(withIntervals(score, truth, prediction, many, { seed: 0, groupOf: two }).interval95).toBeUndefined();
  });
});
