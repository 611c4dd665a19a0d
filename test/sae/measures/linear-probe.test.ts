/** Linear probes against scikit-learn's (test/oracles/linear_probe.py), and what they refuse. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { trainProbe } from '../../../sdk/sae/measures/index.ts';

interface Case {
  readonly classes: number;
  readonly c: number;
  readonly balanced: boolean;
  readonly weights: number[];
  readonly bias: number[];
}
const fixture: { d: number; rows: number[]; labels: number[]; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/linear-probe.json', import.meta.url), 'utf8'),
);
const { d, labels, cases } = fixture;
const rows = Float32Array.from(fixture.rows);

describe('a linear probe', () => {
  it.each(cases)('is the one of scikit-learn: $classes classes, C $c, balanced $balanced', (expected) => {
    const { classes, c, balanced } = expected;
    const kept = labels.flatMap((label, row) => (label < classes ? [row] : []));
    const data = Float32Array.from(kept.flatMap((row) => [...rows.subarray(row * d, (row + 1) * d)]));
    const own = kept.map((row) => labels[row]);
    const probe = trainProbe(data, d, own, classes, { c, balanced, tolerance: 1e-9 });
    expect(probe.converged).toBe(true);
    const { weights, bias } = probe;
    // of two classes scikit-learn gives one vector
    const found = classes === 2 ? [...weights.subarray(d)].map((w, j) => w - weights[j]) : [...weights];
    const shift = classes === 2 ? [bias[1] - bias[0]] : [...bias].map((b) => b - bias[0]);
    const expectedShift = classes === 2 ? expected.bias : expected.bias.map((b) => b - expected.bias[0]);
    expect(found.length).toBe(expected.weights.length);
    for (let i = 0; i < found.length; i++) expect(Math.abs(found[i] - expected.weights[i])).toBeLessThan(1e-6);
    for (let i = 0; i < shift.length; i++) expect(Math.abs(shift[i] - expectedShift[i])).toBeLessThan(1e-6);
  });

  it('refuses a class without a row, a label out of range and rows of another length', () => {
    expect(() => trainProbe(rows, d, labels, 4)).toThrow(/no row of class 3/);
    expect(() => trainProbe(rows, d, labels, 2)).toThrow(/label 2 of 2 classes/);
    expect(() => trainProbe(rows, d, labels.slice(1), 3)).toThrow(/labels of the probe/);
  });
});
