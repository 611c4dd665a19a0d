/** Symbolic formulas: a planted law is read back term by term; coefficients and errors against the normal equations. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { evaluateFormula, fitFormula, formulaPath, MOST_TERMS } from '../../sdk/explain/formula-fit.ts';
import { termLibrary, termText, termValues } from '../../sdk/explain/formula-terms.ts';

const n = 120;
const F = 4;
const random = Random.of(5, 'formula');
const x = Float32Array.from({ length: n * F }, (_, i) => (i % F === 3 ? random.normal() : 1 + random.uniform()));
const at = (row: number, f: number) => x[row * F + f];
const law = Float64Array.from({ length: n }, (_, row) => 2 + 3 * (at(row, 0) / at(row, 1)) - 1.5 * at(row, 3));
const names = ['a', 'b', 'c', 'd'];

describe('a planted law', () => {
  test('is found: its terms, their coefficients, and no more', () => {
    const y = law.map((value) => value + 0.01 * random.normal());
    const { intercept, terms } = fitFormula(x, F, y, 1);
    const found = new Map(terms.map(({ shape, coefficient }) => [termText(shape, names), coefficient]));
    expect([...found.keys()].sort()).toEqual(['[a]/[b]', '[d]']);
    expect(found.get('[a]/[b]')).toBeCloseTo(3, 1);
    expect(found.get('[d]')).toBeCloseTo(-1.5, 1);
    expect(intercept).toBeCloseTo(2, 1);
  });

  test('noise alone is the mean', () => {
    const y = Float64Array.from({ length: n }, () => random.normal());
    expect(fitFormula(x, F, y, 1).terms.length).toBeLessThanOrEqual(1);
  });

  test('no ratio has a denominator that passes through zero, no logarithm a value that is not positive', () => {
    const library = termLibrary(x, F);
    expect(library.some(({ kind, b }) => kind === 'ratio' && b === 3)).toBe(false);
    expect(library.some(({ kind, a }) => kind === 'logarithm' && a === 3)).toBe(false);
    expect(library.every((term) => termValues(term, x, F).every(Number.isFinite))).toBe(true);
    expect(library).toHaveLength(4 + 4 + 3 + 6 + 9);
  });

  test('a term is held within its range in training', () => {
    const formula = fitFormula(x, F, law, 1);
    const far = evaluateFormula(formula, Float32Array.from([1e6, 1, 1, 1e6]), F)[0];
    const edge = formula.terms.reduce((sum, { coefficient, to }) => sum + coefficient * to, formula.intercept);
    expect(far).toBeCloseTo(edge, 9);
  });
});

test('coefficients and standard errors are those of least squares on the chosen terms', () => {
  const y = law.map((value) => value + 0.3 * random.normal());
  const path = formulaPath(x, F, y);
  expect(path).toHaveLength(MOST_TERMS + 1);
  const { intercept, terms } = path[3];
  const columns = [new Float64Array(n).fill(1), ...terms.map(({ shape }) => termValues(shape, x, F))];
  const gram = columns.map((a) => columns.map((b) => a.reduce((sum, value, i) => sum + value * b[i], 0)));
  const inverse = invert(gram);
  const right = columns.map((a) => a.reduce((sum, value, i) => sum + value * y[i], 0));
  const beta = inverse.map((row) => row.reduce((sum, value, j) => sum + value * right[j], 0));
  const estimate = evaluateFormula(path[3], x, F);
  const variance = y.reduce((sum, value, i) => sum + (value - estimate[i]) ** 2, 0) / (n - 4);
  expect(intercept).toBeCloseTo(beta[0], 7);
  terms.forEach(({ coefficient, standardError }, i) => {
    expect(coefficient).toBeCloseTo(beta[i + 1], 7);
    expect(standardError).toBeCloseTo(Math.sqrt(variance * inverse[i + 1][i + 1]), 7);
  });
  // each further term lowers the error
  const errors = path.map((own) => evaluateFormula(own, x, F).reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0));
  expect(errors).toEqual(errors.toSorted((a, b) => b - a));
});

/** Gauss–Jordan. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const p = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let c = 0; c < p; c++) {
    const pivot = rows[c][c];
    rows[c] = rows[c].map((value) => value / pivot);
    for (let r = 0; r < p; r++) {
      if (r === c) continue;
      const share = rows[r][c];
      rows[r] = rows[r].map((value, j) => value - share * rows[c][j]);
    }
  }
  return rows.map((row) => row.slice(p));
}
