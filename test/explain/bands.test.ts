/** Choosing bands: what a set of bands allows, the surrogate against refitting without each row, and bands that are known to matter. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { equallySpaced, featuresInside } from '../../sdk/explain/band-features.ts';
import { type BandData, fitBands, insideProblem, searchBands } from '../../sdk/explain/band-fits.ts';
import { swapSearch } from '../../sdk/explain/band-search.ts';
import { BandSurrogate } from '../../sdk/explain/band-surrogate.ts';
import {
  catalogue,
  computeFeatures,
  computeFeaturesExact,
  deduplicate,
  footprintOf,
  readSpectraTable,
  resolveDataset,
} from '../../sdk/spectra/index.ts';

const table = await readSpectraTable(resolveDataset('tropical'));
const B = table.wavelengthsNm.length;
const n = table.rows;
const logOf = (row: number, band: number) => Math.log10(table.reflectance[row * B + band]);
const column = (value: (row: number) => number) => Float64Array.from({ length: n }, (_, row) => value(row));
const absorbance = Array.from({ length: B }, (_, band) => column((row) => -logOf(row, band)));
const all = deduplicate(catalogue(B));

/** Two targets that hang on three bands of real spectra: a depth and a ratio, with a little noise. */
const PLANTED = [40, 75, 110];
const noise = Random.of(3, 'noise');
const depth = column((row) => -logOf(row, 75) + (logOf(row, 40) + logOf(row, 110)) / 2);
const ratio = column((row) => logOf(row, 40) - logOf(row, 110));
const planted = [depth, ratio].map((values) => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => (value - low) / (high - low) + 0.01 * noise.normal());
});

function problem(y: readonly Float64Array[], folds: number): BandData {
  const features = deduplicate(catalogue(B, ['arr', 'd1']));
  return {
    fit: {
      x: computeFeatures(features, table.reflectance, B),
      y: Float64Array.from({ length: n * y.length }, (_, i) => y[i % y.length][Math.floor(i / y.length)]),
      n,
      features: features.length,
      targets: y.length,
      foldOf: Uint16Array.from({ length: n }, (_, row) => row % folds),
      forest: { trees: 20, minLeaf: 2, mtry: 1 / 3 },
      seed: 4,
    },
    spectra: table.reflectance,
    wavelengthsNm: table.wavelengthsNm,
    features,
  };
}
const flat = new Float64Array(B).fill(1);
const near = (bands: readonly number[], band: number) => bands.some((own) => Math.abs(own - band) <= 3);

describe('what a set of bands allows', () => {
  test('no feature reads a band outside the set, whatever the set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: B - 1 }), { minLength: 1, maxLength: 30 }), (picked) => {
        const bands = picked.toSorted((a, b) => a - b);
        const inside = featuresInside(bands, table.wavelengthsNm, all);
        expect(inside.every((feature) => footprintOf(feature).every((band) => bands.includes(band)))).toBe(true);
        expect(new Set(inside.map((feature) => feature.name)).size).toBe(inside.length);
        expect(new Set(inside.flatMap((feature) => [...footprintOf(feature)])).size).toBe(bands.length);
      }),
      { numRuns: 40 },
    );
  });

  test('of the catalogue, a derivative stays where its neighbours are in the set, a Fourier feature only with every band', () => {
    const names = (bands: number[]) => featuresInside(bands, table.wavelengthsNm, all).map((feature) => feature.name);
    expect(names([9, 10, 11])).toContain('d1@10');
    expect(names([9, 10, 12])).not.toContain('d1@10');
    expect(names(Array.from({ length: B }, (_, band) => band))).toContain('dft.re@1');
    expect(names(Array.from({ length: B - 1 }, (_, band) => band))).not.toContain('dft.re@1');
  });

  test('ratios and depths are what their names say', () => {
    const features = featuresInside([5, 60, 140], table.wavelengthsNm, []);
    expect(features.map((feature) => feature.name)).toEqual([
      'arr@5',
      'arr@60',
      'arr@140',
      'ratio@5-60',
      'ratio@5-140',
      'ratio@60-140',
      'depth@5-60-140',
    ]);
    const [x, , , r] = computeFeaturesExact(features, table.reflectance.subarray(0, B), B);
    expect(x).toBe(table.reflectance[5]);
    expect(r).toBeCloseTo(Math.log10(table.reflectance[60] / table.reflectance[5]), 10);
    const nm = table.wavelengthsNm;
    const share = (nm[60] - nm[5]) / (nm[140] - nm[5]);
    const line = (1 - share) * -logOf(0, 5) + share * -logOf(0, 140);
    expect(computeFeaturesExact(features, table.reflectance.subarray(0, B), B)[6]).toBeCloseTo(
      -logOf(0, 60) - line,
      10,
    );
  });

  test('equal steps begin and end with the instrument', () => {
    expect(equallySpaced(4, 150)).toEqual([0, 50, 99, 149]);
    expect(equallySpaced(1, 150)).toEqual([74]);
    expect(equallySpaced(150, 150)).toEqual(Array.from({ length: 150 }, (_, band) => band));
  });
});

describe('the surrogate', () => {
  const rows = 40;
  const some = absorbance.map((values) => values.subarray(0, rows));
  const targets = planted.map((values) => values.subarray(0, rows));

  test('is the error of refitting without each row in turn', () => {
    expect(new BandSurrogate(some, targets).score([30, 90])).toBeCloseTo(leaveOneOut([some[30], some[90]], targets), 8);
  });

  test('does not depend on the order of the bands, nor on what was scored before', () => {
    const surrogate = new BandSurrogate(some, targets);
    const once = surrogate.score([10, 70, 120]);
    surrogate.hold([10, 120]);
    surrogate.scoreWith(3);
    expect(surrogate.scoreWith(70)).toBeCloseTo(once, 9);
    expect(surrogate.score([120, 70, 10])).toBeCloseTo(once, 9);
  });

  test('swap moves never end worse than they began', () => {
    const surrogate = new BandSurrogate(absorbance, planted);
    for (const start of [equallySpaced(3, B), [0, 1, 2], [140, 145, 149]]) {
      const [found] = swapSearch(surrogate, [start], B, { step: 4, rounds: 3 });
      expect(found.error).toBeLessThanOrEqual(surrogate.score(start));
      expect(new Set(found.bands).size).toBe(3);
    }
  });
});

describe('bands that are known to matter', () => {
  const data = problem(planted, 3);

  test('are found by the search, from equal steps and from nothing', () => {
    const [found] = searchBands(data, { fold: null, budgets: [3], net: flat });
    expect(PLANTED.every((band) => near(found, band))).toBe(true);
  });

  test('each fold finds them without its own rows, and beats equal steps with them', () => {
    const { rows, sets } = fitBands(data, { fold: 1, budgets: [3], net: flat });
    const [search, greedy, equal] = sets;
    expect([search.choice, greedy.choice, equal.choice]).toEqual(['search', 'greedy', 'equal']);
    expect(PLANTED.every((band) => near(search.bands, band))).toBe(true);
    const error = (prediction: Float64Array) =>
      [...rows].reduce((sum, row, i) => sum + (prediction[2 * i] - planted[0][row]) ** 2, 0);
    expect(error(search.all.prediction)).toBeLessThan(error(equal.all.prediction));
  });

  test('the targets of a fold change nothing of what is chosen and predicted for it', () => {
    const order = Random.of(1, 'shuffle').permutation(n);
    const shuffled = planted.map((values) =>
      values.map((value, row) => (row % 3 === 1 ? values[order[row]] + 5 : value)),
    );
    const job = { fold: 1, budgets: [3, 8], net: flat };
    expect(fitBands(problem(shuffled, 3), job)).toEqual(fitBands(data, job));
  });

  test('rows of a group are judged together, and the choice still comes', () => {
    const grouped = { ...data, groupOf: Uint32Array.from({ length: n }, (_, row) => row % 7) };
    const [found] = searchBands(grouped, { fold: 0, budgets: [3], net: flat });
    expect(found).toHaveLength(3);
  });

  test('the values inside are those of the features asked for', () => {
    const { fit, features } = insideProblem(data, [20, 21, 22, 90]);
    expect(features.map((feature) => feature.name)).toContain('d1@21');
    expect(fit.x).toEqual(computeFeatures(features, table.reflectance, B));
  });
});

/** Ridge on 1 and the standardised terms u, u², u³ and u·v, refitted without each row by Gaussian elimination. */
function leaveOneOut([u, v]: readonly Float64Array[], targets: readonly Float64Array[]): number {
  const m = u.length;
  const unit = (values: number[]) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / m;
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / m);
    return values.map((value) => (value - mean) / sd);
  };
  const [a, b] = [unit([...u]), unit([...v])];
  const powers = [a, b].flatMap((x) => [x, unit(x.map((value) => value ** 2)), unit(x.map((value) => value ** 3))]);
  const terms = [...powers, unit(a.map((value, i) => value * b[i]))];
  const design = (row: number) => [1, ...terms.map((term) => term[row])];
  let total = 0;
  for (const y of targets) {
    const mean = y.reduce((sum, value) => sum + value, 0) / m;
    const spread = y.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    for (let out = 0; out < m; out++) {
      const p = terms.length + 1;
      const system = Array.from({ length: p }, (_, i) =>
        Array.from({ length: p + 1 }, (__, j) => (i === j && i > 0 ? 1e-4 * m : 0)),
      );
      for (let row = 0; row < m; row++) {
        if (row === out) continue;
        const z = design(row);
        for (let i = 0; i < p; i++) {
          for (let j = 0; j < p; j++) system[i][j] += z[i] * z[j];
          system[i][p] += z[i] * y[row];
        }
      }
      const beta = solve(system);
      const estimate = design(out).reduce((sum, value, i) => sum + value * beta[i], 0);
      total += (y[out] - estimate) ** 2 / spread;
    }
  }
  return total / targets.length;
}

/** Gaussian elimination with partial pivoting of [A | b]. */
function solve(system: number[][]): number[] {
  const p = system.length;
  for (let c = 0; c < p; c++) {
    const pivot = system
      .slice(c)
      .reduce((best, row, i) => (Math.abs(row[c]) > Math.abs(system[best][c]) ? c + i : best), c);
    [system[c], system[pivot]] = [system[pivot], system[c]];
    for (let r = 0; r < p; r++) {
      if (r === c) continue;
      const share = system[r][c] / system[c][c];
      for (let j = c; j <= p; j++) system[r][j] -= share * system[c][j];
    }
  }
  return system.map((row, i) => row[p] / row[i]);
}
