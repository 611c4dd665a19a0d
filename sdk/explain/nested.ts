/**
 * Nested selection: which candidates to trust is decided for each outer fold by folds inside its training rows, so that the outer score
 * also pays for the choice (Varma and Simon 2006, BMC Bioinformatics 7:91). Chosen by target, either the one candidate with the least inner error
 * or a convex combination that minimises it (stacked regressions, Breiman 1996, Machine Learning 24:49).
 */
import { Random } from '../base/index.ts';
import { type Folds, NEVER_HELD_OUT } from '../spectra/index.ts';
import { type ChoiceRule, chooseWeights, type Weights } from './nested-weights.ts';
import type { Trial, TrialResult } from './validate.ts';

/** Inner folds of an outer fold. */
const INNER_FOLDS = 5;
/** Up to as many outer folds, the inner folds are the other outer folds: each pair of folds is left out once for both. */
const PAIRED_UP_TO = 10;
const PAIRED_FROM = 4;

/** A fit of the plan: trained without some rows, for the choice in one or two outer folds, or for the outer score. */
interface PlannedFit {
  readonly trained: Uint32Array;
  readonly predicted: Uint32Array;
  /** Which outer fold's choice the predictions of each row serve: [predicted]; −1 the choice on all rows. */
  readonly serves: Int32Array;
}

export interface NestedPlan {
  /** One fit an outer fold; for every candidate. */
  readonly outer: readonly { readonly trained: Uint32Array; readonly predicted: Uint32Array }[];
  readonly inner: readonly PlannedFit[];
  /** How the inner folds were made, for reports. */
  readonly scheme: string;
}

/**
 * Plans the fits of nested selection.
 * @param groupOf group of each row: inner folds keep groups whole as the outer do
 */
export function planNested(folds: Folds, seed: number, groupOf?: ArrayLike<number>): NestedPlan {
  const K = folds.names.length;
  const rows = Uint32Array.from(folds.of.keys());
  const outer = folds.names.map((_, fold) => ({
    trained: rows.filter((row) => folds.of[row] !== fold),
    predicted: rows.filter((row) => folds.of[row] === fold),
  }));
  if (K >= PAIRED_FROM && K <= PAIRED_UP_TO) {
    const inner: PlannedFit[] = [];
    for (let a = 0; a < K; a++)
      for (let b = a + 1; b < K; b++) {
        const predicted = rows.filter((row) => folds.of[row] === a || folds.of[row] === b);
        inner.push({
          trained: rows.filter((row) => folds.of[row] !== a && folds.of[row] !== b),
          predicted,
          serves: Int32Array.from(predicted, (row) => (folds.of[row] === a ? b : a)),
        });
      }
    return { outer, inner, scheme: `the other ${K - 1} folds` };
  }
  const inner: PlannedFit[] = [];
  const split = (trained: Uint32Array, serves: number) => {
    const partOf = innerParts(trained, folds, seed, K > PAIRED_UP_TO ? undefined : groupOf);
    for (let part = 0; part < INNER_FOLDS; part++) {
      const predicted = trained.filter((_, i) => partOf[i] === part);
      if (predicted.length === 0 || predicted.length === trained.length) continue;
      inner.push({
        trained: trained.filter((_, i) => partOf[i] !== part),
        predicted,
        serves: new Int32Array(predicted.length).fill(serves),
      });
    }
  };
  outer.forEach(({ trained }, fold) => {
    split(trained, fold);
  });
  return { outer, inner, scheme: `${INNER_FOLDS} folds within the training rows` };
}

/** Inner part of each training row: whole outer folds where there are many, else whole groups, else rows, in seeded order. */
function innerParts(trained: Uint32Array, folds: Folds, seed: number, groupOf?: ArrayLike<number>): Uint32Array {
  const many = folds.names.length > PAIRED_UP_TO;
  const unitOf = (row: number) => (many && folds.of[row] !== NEVER_HELD_OUT ? folds.of[row] : (groupOf?.[row] ?? row));
  const units = [...new Set(Array.from(trained, unitOf))];
  const isWhole = units.length >= INNER_FOLDS;
  const drawn = isWhole ? units : [...trained];
  const order = Random.of(seed, 'inner folds').shuffle([...drawn]);
  const part = new Map(order.map((unit, place) => [unit, place % INNER_FOLDS]));
  return Uint32Array.from(trained, (row) => part.get(isWhole ? unitOf(row) : row) ?? 0);
}

/** Every fit of a plan for every candidate: outer ones first, candidate by candidate. */
export function nestedTrials(plan: NestedPlan, candidates: number): Trial[] {
  const each = (fits: readonly { readonly trained: Uint32Array; readonly predicted: Uint32Array }[], detail: boolean) =>
    Array.from({ length: candidates }, (_, candidate) =>
      fits.map(({ trained, predicted }): Trial => ({ candidate, trained, predicted, detail })),
    ).flat();
  return [...each(plan.outer, false), ...each(plan.inner, false)];
}

export interface NestedOutcome {
  /** Out-of-fold estimates of each candidate by itself, [candidates][n, targets]; NaN where no fold holds the row out. */
  readonly byCandidate: readonly Float64Array[];
  /** Weights chosen in each outer fold, [folds][candidates, targets]. */
  readonly inFold: readonly Weights[];
  /** Weights chosen on all rows, by the outer folds' estimates. */
  readonly final: Weights;
  /** Out-of-fold estimates with the weights of each fold, [n, targets]. */
  readonly prediction: Float64Array;
}

/** Chooses in each fold and on all rows from the results of `nestedTrials`. */
export function chooseNested(
  plan: NestedPlan,
  results: readonly TrialResult[],
  truth: Float64Array,
  targets: number,
  candidates: number,
  rule: ChoiceRule,
): NestedOutcome {
  const T = targets;
  const n = truth.length / T;
  const K = plan.outer.length;
  const empty = () => new Float64Array(n * T).fill(Number.NaN);
  const byCandidate = Array.from({ length: candidates }, empty);
  // estimates for the choice of each outer fold, by candidate
  const inner = plan.outer.map(() => Array.from({ length: candidates }, empty));
  const copy = (to: Float64Array, row: number, from: Float64Array, i: number) =>
    to.set(from.subarray(i * T, (i + 1) * T), row * T);
  for (let candidate = 0; candidate < candidates; candidate++) {
    plan.outer.forEach(({ predicted }, fold) => {
      const { prediction } = results[candidate * K + fold];
      predicted.forEach((row, i) => {
        copy(byCandidate[candidate], row, prediction, i);
      });
    });
    plan.inner.forEach(({ predicted, serves }, fit) => {
      const { prediction } = results[candidates * K + candidate * plan.inner.length + fit];
      predicted.forEach((row, i) => {
        copy(inner[serves[i]][candidate], row, prediction, i);
      });
    });
  }
  const weigh = (estimates: readonly Float64Array[]): Weights => {
    const weights = new Float64Array(candidates * T);
    for (let t = 0; t < T; t++) {
      const rows = [...Array(n).keys()].filter((row) => !Number.isNaN(estimates[0][row * T + t]));
      const own = chooseWeights(
        estimates.map((values) => Float64Array.from(rows, (row) => values[row * T + t])),
        Float64Array.from(rows, (row) => truth[row * T + t]),
        rule,
      );
      own.forEach((weight, candidate) => {
        weights[candidate * T + t] = weight;
      });
    }
    return weights;
  };
  const inFold = inner.map(weigh);
  const prediction = empty();
  plan.outer.forEach(({ predicted }, fold) => {
    for (const row of predicted)
      for (let t = 0; t < T; t++) {
        let sum = 0;
        for (let candidate = 0; candidate < candidates; candidate++)
          if (inFold[fold][candidate * T + t] > 0)
            sum += inFold[fold][candidate * T + t] * byCandidate[candidate][row * T + t];
        prediction[row * T + t] = sum;
      }
  });
  return { byCandidate, inFold, final: weigh(byCandidate), prediction };
}
