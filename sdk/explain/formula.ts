/**
 * `nadir spectra prune --formula`: a short formula of the strongest features for each target, to be read beside the forest. Features,
 * terms and their number are chosen anew inside each fold; its score is of the same folds as the forest's.
 */
import { Random } from '../base/index.ts';
import { column, type Score, scoreFolds } from '../spectra/index.ts';
import { foldRows, gather, type KeptFit, truthOf } from './fits.ts';
import { evaluateFormula, type FittedFormula, fitFormula } from './formula-fit.ts';
import { termText } from './formula-terms.ts';
import type { Problem } from './problem.ts';
import { outOfFold } from './run-fits.ts';

/** Strongest features that a formula may use. */
const FORMULA_FEATURES = 8;

export interface FormulaOutcome {
  /** `pH = 6.1 + 0.42·[d2@61] − …`, names as in the table of kept features. */
  readonly text: string;
  readonly intercept: number;
  readonly terms: readonly {
    readonly term: string;
    readonly coefficient: number;
    readonly standardError: number;
    readonly from: number;
    readonly to: number;
  }[];
  /** Cross-validated score of this target, formula and forest on the kept features; R² over the pooled predictions. */
  readonly score: number;
  readonly r2: number;
  readonly forestScore: number;
  readonly forestR2: number;
}

/**
 * Formulas by target.
 * @param onAllRows kept features of the fit on all rows, most important first; `byFold` those of each fold
 * @param forest the forest's score on the kept features
 */
export function symbolicFormulas(
  problem: Problem,
  onAllRows: KeptFit,
  byFold: readonly KeptFit[],
  forest: Score,
): Record<string, FormulaOutcome> {
  const { fit, folds, selection, features } = problem;
  const T = fit.targets;
  const parts = byFold.map(({ columns }, fold) => {
    const { training, rows } = foldRows(fit, fold);
    const fitted = fitEach(problem, columns, training, `formula without fold ${fold}`);
    const held = gather(fit, rows, columns.subarray(0, FORMULA_FEATURES));
    const width = Math.min(columns.length, FORMULA_FEATURES);
    const prediction = new Float64Array(rows.length * T);
    fitted.forEach((formula, t) => {
      evaluateFormula(formula, held, width).forEach((value, i) => {
        prediction[i * T + t] = value;
      });
    });
    return { rows, prediction };
  });
  const score = scoreFolds(selection.truth, outOfFold(fit, parts), folds, selection.targets);
  const everyRow = foldRows(fit, null).training;
  const names = [...onAllRows.columns].map((f) => features[f].name);
  return Object.fromEntries(
    fitEach(problem, onAllRows.columns, everyRow, 'formula').map((formula, t) => {
      const target = selection.targets[t];
      const terms = formula.terms.map(({ shape, ...figures }) => ({ term: termText(shape, names), ...figures }));
      const outcome: FormulaOutcome = {
        text: inWords(target, formula.intercept, terms),
        intercept: formula.intercept,
        terms,
        score: score.perTarget[target].score,
        r2: score.perTarget[target].r2,
        forestScore: forest.perTarget[target].score,
        forestR2: forest.perTarget[target].r2,
      };
      return [target, outcome];
    }),
  );
}

function fitEach({ fit }: Problem, columns: Uint32Array, training: Uint32Array, use: string): FittedFormula[] {
  const few = columns.subarray(0, FORMULA_FEATURES);
  const x = gather(fit, training, few);
  const truth = truthOf(fit, training);
  const seed = Random.of(fit.seed, use).uint32();
  return Array.from({ length: fit.targets }, (_, t) => fitFormula(x, few.length, column(truth, t, fit.targets), seed));
}

function inWords(
  target: string,
  intercept: number,
  terms: readonly { readonly term: string; readonly coefficient: number }[],
): string {
  const parts = terms.map(({ term, coefficient }) => {
    const size = digits(Math.abs(coefficient));
    return ` ${coefficient < 0 ? '−' : '+'} ${size}·${term.includes('/') ? `(${term})` : term}`;
  });
  return `${target} = ${digits(intercept).replace('-', '−')}${parts.join('')}`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
