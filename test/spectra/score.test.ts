import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { scoreFolds } from '../../sdk/spectra/index.ts';

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
    const truth = Float64Array.of(5, 5, 5, 5);
    expect(() => scoreFolds(truth, truth, folds, ['pH'])).toThrow(/mean predictor is exact: target pH, fold 1/);
  });
});
