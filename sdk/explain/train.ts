/** `nadir spectra train`: out-of-fold score of a soil model of any kind, then the model on all rows. */
import { join } from 'node:path';
import { type Progress, Random, writeFileAtomic } from '../base/index.ts';
import { bandsRead, type Folds, type Score, scoreFolds, withIntervals } from '../spectra/index.ts';
import { attribute } from './attribution.ts';
import { candidatesOf, DEFAULT_GROUPS, knownModel, type Recipe, recipesOf } from './candidates.ts';
import { outOfBagHalfWidths } from './conformal.ts';
import { besideRandom, type Validated, validated } from './cross-validate.ts';
import { attributionFigure } from './figure.ts';
import { type FinalModel, finalModel } from './final-model.ts';
import { validationOf } from './first-lines.ts';
import { gather } from './fits.ts';
import { writeModelFolder } from './model-folder.ts';
import type { NestedOutcome } from './nested.ts';
import type { ChoiceRule } from './nested-weights.ts';
import type { AutoOutcome, TrainOutcome } from './outcomes.ts';
import {
  DEFAULT_FOREST,
  type ForestChoices,
  logSkipped,
  type Problem,
  type ProblemOptions,
  readProblem,
  targetSds,
} from './problem.ts';
import { trainReport } from './train-report.ts';
import { uncertaintyOf } from './uncertainty.ts';
import { columnMeans, type ValidationData } from './validate.ts';

/** Rows that SHAP looks at for a report. */
const REPORT_ROWS = 300;

export interface TrainOptions extends ProblemOptions {
  readonly model: string;
  /** How trees are grown; each kind's own defaults for what is not given. */
  readonly forest: Partial<ForestChoices>;
  /** What `auto` makes of its candidates: a weighted combination (default), or the best one for each target. */
  readonly choice?: ChoiceRule;
  /** What `auto` chooses among. */
  readonly recipes?: readonly Recipe[];
  /** Folder of the model. */
  readonly out: string;
  readonly threads: number;
}

/** Scores a model in the folds, trains it on all rows, writes the model folder with its report. */
export async function trainSoilModel(options: TrainOptions, progress: Progress): Promise<TrainOutcome> {
  const name = knownModel(options.model);
  const recipes = recipesOf(name, options);
  const problem = await readProblem(
    {
      ...options,
      ...(name === 'auto'
        ? { defaultGroups: recipes.flatMap((recipe) => recipe.groups) }
        : { defaultGroups: DEFAULT_GROUPS[name] ?? [] }),
    },
    { ...DEFAULT_FOREST, ...options.forest },
  );
  const { fit, folds, selection, table } = problem;
  logSkipped(problem.skipped, progress);
  const { targets } = options;
  const data = { fit, candidates: candidatesOf(name, recipes, problem, options.forest) };
  const validate = (own: Folds) =>
    validated(
      data,
      own,
      { choice: name === 'auto' ? (options.choice ?? 'combine') : null, threads: options.threads },
      problem,
      progress,
    );
  const found = await validate(folds);
  const scored = (own: Folds, prediction: Float64Array) =>
    withIntervals(scoreFolds(selection.truth, prediction, own, targets), selection.truth, prediction, own, {
      seed: fit.seed,
      ...(own.kind === 'grouped' && problem.groupOf && { groupOf: problem.groupOf }),
    });
  const score = scored(folds, found.prediction);
  progress.log(`score ${score.mean.toFixed(4)} ± ${score.sd.toFixed(4)} over ${folds.scheme}`);
  const random = folds.kind === 'grouped' ? await besideRandom(problem, targets, validate, scored, score) : null;

  const before = process.cpuUsage();
  const model = finalModel(data, found.nested?.final ?? null);
  const { user, system } = process.cpuUsage(before);
  const features = model.columns.length === 0 ? [] : [...model.columns].map((column) => problem.features[column]);
  const uncertainty = uncertaintyOf({
    truth: selection.truth,
    folds,
    targets,
    prediction: found.prediction,
    ...(found.treeSpread && { treeSpread: found.treeSpread }),
    ...(found.outOfBag &&
      model.estimator.outOfBag &&
      folds.kind === 'random' && {
        outOfBag: {
          final: outOfBagHalfWidths(model.estimator.outOfBag, selection.truth, fit.targets),
          byFold: found.outOfBag,
        },
      }),
  });
  const shown = figureParts(problem, found, model);
  const auto = found.nested ? autoOutcome(data, found.nested, problem, scored) : null;
  const validation = validationOf(problem, bandsRead(features), score.perTarget, random, found.proximity);
  const written = await writeModelFolder(options.out, {
    problem,
    features,
    estimator: model.estimator,
    ...(model.parts && { parts: model.parts }),
    options: {
      command: 'train',
      groups: options.groups ?? [...new Set(problem.features.map((feature) => feature.group))],
      asked: name,
      ...(name === 'forest' ? { ...DEFAULT_FOREST, ...options.forest } : options.forest),
      choices: model.estimator.choices,
    },
    figures: {
      score: score.mean,
      scoreSd: score.sd,
      folds: score.folds,
      perTarget: score.perTarget,
      validation,
      ...(auto && { auto }),
      ...(shown?.spread && { bandImportanceSd: shown.spread }),
    },
    uncertainty,
  });
  const svg =
    shown &&
    attributionFigure(shown.attribution, {
      title: 'Where the soil model looks',
      subtitle: `${written.model} on ${features.length} features · ${targets.join(', ')} · ${fit.n} samples of ${table.name}`,
    });
  if (svg) await writeFileAtomic(join(options.out, 'attribution.svg'), svg);
  const report = join(options.out, 'report.html');
  await writeFileAtomic(
    report,
    trainReport({
      model: written,
      score,
      folds,
      figure: svg ?? null,
      auto,
    }),
  );
  return {
    score,
    model: options.out,
    kind: written.model,
    trainCpuSeconds: (user + system) / 1e6,
    features: features.length,
    droppedRows: selection.dropped,
    uncertainty,
    validation,
    ...(auto && { auto }),
    report,
  };
}

/** What the figure shows, or null for a model without SHAP values in closed form. */
function figureParts({ fit, selection, table, features }: Problem, found: Validated, model: FinalModel) {
  const rows = Random.of(fit.seed, 'report rows').permutation(fit.n).subarray(0, REPORT_ROWS);
  const every = Uint32Array.from({ length: fit.n }, (_, row) => row);
  const shap = model.explain(gather(fit, rows, model.columns), rows.length, columnMeans(fit, every, model.columns));
  if (shap === null || model.columns.length === 0) return null;
  const sds = targetSds(selection.truth, selection.targets);
  const own = [...model.columns].map((column) => features[column]);
  const attribution = attribute(
    own,
    { values: shap.values, n: rows.length, targets: fit.targets },
    table.wavelengthsNm,
    sds,
    found.importance,
  );
  const spread = found.importance && attribution.bands.map((band) => band.sd ?? 0);
  return { attribution, spread };
}

function autoOutcome(
  { candidates, fit }: ValidationData,
  nested: NestedOutcome,
  { selection, folds }: Problem,
  scored: (folds: Folds, prediction: Float64Array) => Score,
): AutoOutcome {
  const T = fit.targets;
  const weightsOf = (weights: Float64Array) =>
    Object.fromEntries(
      selection.targets.map((target, t) => [
        target,
        Object.fromEntries(
          candidates.flatMap(({ name }, c) => (weights[c * T + t] > 0 ? [[name, weights[c * T + t]] as const] : [])),
        ),
      ]),
    );
  return {
    candidates: candidates.map(({ name }, c) => ({ name, score: scored(folds, nested.byCandidate[c]).mean })),
    inFold: Object.fromEntries(folds.names.map((fold, i) => [fold, weightsOf(nested.inFold[i])])),
    final: weightsOf(nested.final),
  };
}
