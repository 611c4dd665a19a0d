/** Estimates of every row by models that had not seen it: plain folds for one candidate, nested selection for several. */
import type { Progress } from '../base/index.ts';
import { type Folds, makeFolds, type Score } from '../spectra/index.ts';
import type { RandomBeside } from './first-lines.ts';
import { chooseNested, type NestedOutcome, nestedTrials, planNested } from './nested.ts';
import type { ChoiceRule } from './nested-weights.ts';
import type { Problem } from './problem.ts';
import { placeRows } from './row-arrays.ts';
import { foldTrials, runTrials, type ValidationData } from './validate.ts';

/** Estimates of rows by models that had not seen them. */
export interface Validated {
  /** [n, targets] */
  readonly prediction: Float64Array;
  readonly treeSpread?: Float64Array;
  /** Importance of the features in each fold's model, [folds][features]. */
  readonly importance?: readonly Float64Array[];
  /** Half widths from out-of-bag errors of each fold's model, [folds][targets]. */
  readonly outOfBag?: readonly Float64Array[];
  /** Leaf proximity of the held-out rows to rows trained on. */
  readonly proximity?: Float64Array;
  readonly nested?: NestedOutcome;
}

/** How candidates are validated. */
export interface ValidationOptions {
  /** Choose among the candidates inside the folds; without it there is one. */
  readonly choice: ChoiceRule | null;
  readonly threads: number;
}

export async function validated(
  data: ValidationData,
  folds: Folds,
  { choice, threads }: ValidationOptions,
  { selection, groupOf }: Problem,
  progress: Progress,
): Promise<Validated> {
  const { n, targets, seed } = data.fit;
  if (choice !== null) {
    const plan = planNested(folds, seed, folds.kind === 'grouped' ? groupOf : undefined);
    const count = data.candidates.length;
    const results = await runTrials(data, nestedTrials(plan, count), threads, progress);
    const nested = chooseNested(plan, results, selection.truth, targets, count, choice);
    return { prediction: nested.prediction, nested };
  }
  const trials = foldTrials(folds, 0, true);
  const results = await runTrials(data, trials, threads, progress);
  const put = (values: (typeof results)[number]['prediction'][]) =>
    placeRows(
      n,
      targets,
      trials.map(({ predicted }, trial) => ({ rows: predicted, values: values[trial] })),
      Number.NaN,
    );
  const spreads = results.flatMap(({ treeSpread }) => (treeSpread ? [treeSpread] : []));
  const proximity = results.flatMap((result) => [...(result.proximity ?? [])]);
  const outOfBag = results.flatMap(({ outOfBagHalfWidth }) => (outOfBagHalfWidth ? [outOfBagHalfWidth] : []));
  const importance = results.flatMap(({ importance: own }) => (own ? [own] : []));
  return {
    prediction: put(results.map(({ prediction }) => prediction)),
    ...(spreads.length === trials.length && { treeSpread: put(spreads) }),
    ...(proximity.length > 0 && { proximity: Float64Array.from(proximity) }),
    ...(outOfBag.length === trials.length && { outOfBag }),
    ...(importance.length === trials.length && { importance }),
  };
}

/** The same model in as many random folds: what grouping costs, which is what random folds flatter by. */
export async function besideRandom(
  { table, selection, folds, fit }: Problem,
  targets: readonly string[],
  validate: (folds: Folds) => Promise<Validated>,
  scored: (folds: Folds, prediction: Float64Array) => Score,
  grouped: Score,
): Promise<RandomBeside> {
  const count = Math.max(2, Math.min(10, folds.names.length === 2 ? 10 : folds.names.length));
  const own = makeFolds(table, selection.rows, { spec: String(count), seed: fit.seed });
  const { mean: score, perTarget } = scored(own, (await validate(own)).prediction);
  return {
    scheme: own.scheme,
    score,
    gap: grouped.mean - score,
    r2: Object.fromEntries(targets.map((name) => [name, [perTarget[name].r2, grouped.perTarget[name].r2] as const])),
  };
}
