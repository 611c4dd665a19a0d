/**
 * Does an attribute that must not count reach the decision, and through which concept? A decision should not depend on the attribute once
 * the row's true class is known (separation, or equalised odds: Hardt, Price & Srebro, NeurIPS 2016). With the attribute a, less its mean ā
 * within the true class, the gap of any figure g of the rows is Σ (a − ā)·g / Σ (a − ā)²: for an attribute of 0 and 1 the difference of its means
 * with and without it, within classes.
 *
 * First the class: the gap of its probability, against the null that it is at most `margin` either way (a Wald test with the error that holds for
 * rows of unequal variance, White 1980). A classifier that knows the attribute may use concepts that carry it, one up and one down,
 * so only what is left in sum is a dependence. Then the concept: the gap of what it adds, p(1) − p(0) on rows that show it and 0 on others. Where
 * the embeddings are unrelated to the attribute given the class, all its orders within classes are equally likely: shuffles give p-values,
 * and the shuffles' greatest |gap| / SD over all concepts and classes adjusts them for all of these tests at once (Westfall & Young 1993).
 */
import type { Random } from '../../base/index.ts';
import type { Contribution } from './contributions.ts';
import { holm } from './holm.ts';

export interface GapTest {
  readonly gap: number;
  readonly p: number;
  /** Adjusted for all tests of its kind. */
  readonly pAdjusted: number;
}

/** An attribute and the true class of the same rows. */
export interface AttributeRows {
  /** [rows]; gaps are per unit of it. */
  readonly values: Float64Array;
  /** From 0, [rows]. */
  readonly strata: Int32Array;
}

/** Tests the gap of each class's probability, `probabilities` [rows, classes], in their order; adjusted by Holm. */
export function testClasses(
  probabilities: Float64Array,
  classes: number,
  rows: AttributeRows,
  margin: number,
): GapTest[] {
  const members = rowsByStratum(rows.strata);
  const centred = centredWithin(members, rows.values);
  const power = centred.reduce((sum, value) => sum + value * value, 0);
  if (power === 0) return Array.from({ length: classes }, () => ({ gap: 0, p: 1, pAdjusted: 1 }));
  const tests = Array.from({ length: classes }, (_, c) => {
    const figure = centredWithin(
      members,
      Float64Array.from(rows.strata, (__, row) => probabilities[row * classes + c]),
    );
    const gap = figure.reduce((sum, value, row) => sum + value * centred[row], 0) / power;
    const squares = figure.reduce((sum, value, row) => sum + (centred[row] * (value - gap * centred[row])) ** 2, 0);
    const error = Math.sqrt(squares) / power;
    const z = (Math.abs(gap) - margin) / error;
    return { gap, p: error > 0 ? upperTail(z) : 1 };
  });
  const adjusted = holm(tests.map(({ p }) => p));
  return tests.map((test, c) => ({ ...test, pAdjusted: adjusted[c] }));
}

/** Tests the gap of every contribution, in their order; no p-value is below 1/(shuffles + 1). */
export function testContributions(
  contributions: readonly Contribution[],
  { values, strata }: AttributeRows,
  shuffles: number,
  random: Random,
): GapTest[] {
  const members = rowsByStratum(strata);
  const centred = centredWithin(members, values);
  const power = centred.reduce((sum, value) => sum + value * value, 0);
  const pairs = contributions.map(({ rows, present, absent }) => {
    const added = Float64Array.from(present, (value, i) => value - absent[i]);
    return { rows, added, deviation: shuffledDeviation(added, rows, strata, centred) };
  });
  const statistics = (order: Float64Array) =>
    pairs.map(({ rows, added, deviation }) => {
      let sum = 0;
      for (let i = 0; i < rows.length; i++) sum += order[rows[i]] * added[i];
      return deviation > 0 ? sum / deviation : 0;
    });
  const observed = statistics(centred);
  const own = new Float64Array(pairs.length).fill(1);
  const any = new Float64Array(pairs.length).fill(1);
  const shuffled = new Float64Array(centred.length);
  for (let round = 0; round < shuffles; round++) {
    shuffleWithin(members, centred, shuffled, random);
    const found = statistics(shuffled).map(Math.abs);
    const greatest = found.reduce((a, b) => Math.max(a, b), 0);
    observed.forEach((value, i) => {
      if (found[i] >= Math.abs(value)) own[i]++;
      if (greatest >= Math.abs(value)) any[i]++;
    });
  }
  return pairs.map(({ deviation }, i) => ({
    gap: power > 0 ? (observed[i] * deviation) / power : 0,
    p: own[i] / (shuffles + 1),
    pAdjusted: any[i] / (shuffles + 1),
  }));
}

/** P(Z > z) of a standard normal: erfc by Numerical Recipes' Chebyshev fit, relative error below 1.2e-7. */
export function upperTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const series = ERFC.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(-x * x + series)) / 2;
  return z >= 0 ? tail : 1 - tail;
}

const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** SD over all shuffles of Σ a·g: √Σ_strata Σ(a − ā)²·Σ(g − ḡ)² / (m − 1), g being 0 on the rows that are not listed. */
function shuffledDeviation(added: Float64Array, rows: Uint32Array, strata: Int32Array, centred: Float64Array): number {
  const count = strata.reduce((a, b) => Math.max(a, b), 0) + 1;
  const [size, power, sum, square] = Array.from({ length: 4 }, () => new Float64Array(count));
  for (let i = 0; i < strata.length; i++) {
    size[strata[i]]++;
    power[strata[i]] += centred[i] ** 2;
  }
  for (let i = 0; i < rows.length; i++) {
    sum[strata[rows[i]]] += added[i];
    square[strata[rows[i]]] += added[i] ** 2;
  }
  let variance = 0;
  for (let s = 0; s < count; s++)
    if (size[s] > 1) variance += (power[s] * Math.max(0, square[s] - sum[s] ** 2 / size[s])) / (size[s] - 1);
  return Math.sqrt(variance);
}

function centredWithin(members: readonly number[][], attribute: Float64Array): Float64Array {
  const centred = new Float64Array(attribute.length);
  for (const rows of members) {
    let mean = 0;
    for (const row of rows) mean += attribute[row] / rows.length;
    for (const row of rows) centred[row] = attribute[row] - mean;
  }
  return centred;
}

function rowsByStratum(strata: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  strata.forEach((stratum, row) => {
    const rows = members.get(stratum);
    if (rows) rows.push(row);
    else members.set(stratum, [row]);
  });
  return [...members.values()];
}

function shuffleWithin(members: readonly number[][], values: Float64Array, into: Float64Array, random: Random): void {
  for (const rows of members) {
    const own = Float64Array.from(rows, (row) => values[row]);
    random.shuffle(own);
    rows.forEach((row, i) => {
      into[row] = own[i];
    });
  }
}
