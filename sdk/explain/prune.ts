/**
 * `nadir spectra prune`: the loss of a forest on K features against one on all of them, with the features chosen inside each fold
 * by SHAP; then the small model on all rows.
 */
import { join } from 'node:path';
import { NadirError, type Progress, Random, writeFileAtomic } from '../base/index.ts';
import { shapValues } from '../forest/index.ts';
import { bandsRead, mean, type Score, scoreFolds, standardDeviation } from '../spectra/index.ts';
import { attribute } from './attribution.ts';
import { lossCurveFigure } from './curve.ts';
import { attributionFigure } from './figure.ts';
import { binRows, gather, growForest } from './fits.ts';
import { writeModelFolder } from './model-folder.ts';
import type { CurvePoint, PruneOutcome } from './outcomes.ts';
import { type ForestChoices, type Problem, type ProblemOptions, readProblem, targetSds } from './problem.ts';
import { pruneReport } from './report.ts';
import { outOfFold, runFits } from './run-fits.ts';

/** Loss up to which a smaller model is taken. */
export const ACCEPTED_LOSS_PERCENT = 5;
export const CHOICE_RULE = `the smallest count whose loss is at most ${ACCEPTED_LOSS_PERCENT} %; where none is, the count with the best score`;

export interface PruneOptions extends ProblemOptions {
  /** Counts of features to keep. */
  readonly keep: readonly number[];
  readonly forest: ForestChoices;
  readonly out: string;
  readonly threads: number;
}

/** Measures the loss at each count, chooses one, and writes the pruned model's folder with its report. */
export async function pruneSoilModel(options: PruneOptions, progress: Progress): Promise<PruneOutcome> {
  const problem = await readProblem(options, options.forest);
  const { fit, folds, selection, table, features } = problem;
  const keep = checkedKeep(options.keep, features.length);
  const jobs = [
    { fold: null, keep: keep.toReversed() },
    ...folds.names.map((_, fold) => ({ fold, keep: keep.toReversed() })),
  ];
  const [onAllRows, ...byFold] = await runFits(fit, jobs, options.threads, progress);

  const score = (prediction: Float64Array) => scoreFolds(selection.truth, prediction, folds, options.targets);
  const full = score(
    outOfFold(
      fit,
      byFold.map((result) => ({ rows: result.rows, prediction: result.full })),
    ),
  );
  const scores = new Map<number, Score>();
  const curve = keep.map((count): CurvePoint => {
    const parts = byFold.map(({ rows, kept }) => ({ rows, ...fitOf(kept, count) }));
    const own = score(outOfFold(fit, parts));
    scores.set(count, own);
    const chosenFeatures = [...fitOf(onAllRows.kept, count).columns].map((column) => features[column]);
    return {
      keep: count,
      score: own.mean,
      sd: own.sd,
      lossPercent: 100 * (own.mean / full.mean - 1),
      lossSdPercent: standardDeviation(own.folds.map((value, fold) => 100 * (value / full.folds[fold] - 1))),
      bandsRead: bandsRead(chosenFeatures).length,
      features: chosenFeatures.map((feature) => feature.name),
      agreement: meanJaccard(parts.map((part) => part.columns)),
    };
  });
  const point = choose(curve);
  progress.log(
    `all ${features.length} features: score ${full.mean.toFixed(4)}; ${point.keep} features: ${point.score.toFixed(4)} (loss ${point.lossPercent.toFixed(2)} %)`,
  );

  const columns = fitOf(onAllRows.kept, point.keep).columns;
  const small = await writeSmallModel(options, problem, columns, {
    fullScore: full.mean,
    score: point.score,
    scoreSd: point.sd,
    lossPercent: point.lossPercent,
    perTarget: scores.get(point.keep)?.perTarget ?? {},
    curve,
    rule: CHOICE_RULE,
  });

  const targetSd = targetSds(selection.truth, options.targets);
  const words = `${options.targets.join(', ')} · ${fit.n} samples of ${table.name}`;
  const figures = {
    curve: await lossCurveFigure(curve, { score: full.mean, features: features.length }),
    pruned: attributionFigure(attribute(small.features, small.shap, table.wavelengthsNm, targetSd), {
      title: `Where the model of ${point.keep} features looks`,
      subtitle: words,
    }),
    full: onAllRows.ranking
      ? attributionFigure(attribute(features, onAllRows.ranking, table.wavelengthsNm, targetSd), {
          title: `Where the model of all ${features.length} features looks`,
          subtitle: words,
        })
      : null,
  };
  await writeFileAtomic(join(options.out, 'loss.svg'), figures.curve);
  await writeFileAtomic(join(options.out, 'attribution.svg'), figures.pruned);
  if (figures.full) await writeFileAtomic(join(options.out, 'attribution-full.svg'), figures.full);
  const report = join(options.out, 'report.html');
  const outcome: PruneOutcome = {
    full: { score: full.mean, sd: full.sd, features: features.length, bandsRead: bandsRead(features).length },
    curve,
    chosen: point.keep,
    rule: CHOICE_RULE,
    model: options.out,
    droppedRows: selection.dropped,
    perTarget: scores.get(point.keep)?.perTarget ?? {},
    report,
  };
  await writeFileAtomic(report, pruneReport({ model: small.model, outcome, folds, figures }));
  return outcome;
}

/** Applies the choice rule to a curve. */
export function choose(curve: readonly CurvePoint[]): CurvePoint {
  const [first, ...rest] = curve.toSorted((a, b) => a.keep - b.keep);
  return (
    [first, ...rest].find((point) => point.lossPercent <= ACCEPTED_LOSS_PERCENT) ??
    rest.reduce((best, point) => (point.score < best.score ? point : best), first)
  );
}

async function writeSmallModel(
  options: PruneOptions,
  problem: Problem,
  columns: Uint32Array,
  figures: Readonly<Record<string, unknown>>,
) {
  const { fit, selection } = problem;
  const rows = Uint32Array.from({ length: fit.n }, (_, row) => row);
  const features = [...columns].map((column) => problem.features[column]);
  const forest = growForest(fit, binRows(fit, rows), selection.truth, columns, Random.of(fit.seed, 'forest').uint32());
  const model = await writeModelFolder(options.out, {
    problem,
    features,
    forest,
    options: { command: 'prune', groups: options.groups ?? 'all', keep: options.keep, ...options.forest },
    figures,
  });
  const { values } = shapValues(forest, gather(fit, rows, columns), fit.n);
  return { model, features, shap: { values, n: fit.n, targets: fit.targets } };
}

function fitOf<T extends { readonly keep: number }>(kept: readonly T[], count: number): T {
  const found = kept.find((fit) => fit.keep === count);
  if (found === undefined) throw new RangeError(`no fit keeps ${count} features`);
  return found;
}

/** Distinct counts, increasing, each below the number of features. */
function checkedKeep(keep: readonly number[], features: number): number[] {
  const counts = [...new Set(keep)].sort((a, b) => a - b);
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 1 || count > features);
  if (counts.length === 0 || wrong !== undefined)
    throw new NadirError({
      what: counts.length === 0 ? 'no count of features to keep' : `cannot keep ${wrong} of ${features} features`,
      where: '--keep',
      remedy: `Give whole numbers from 1 to ${features}`,
      exitCode: 2,
    });
  return counts;
}

/** Mean over all pairs of |A ∩ B| / |A ∪ B|; 1 for a single set. */
function meanJaccard(sets: readonly Uint32Array[]): number {
  const pairs = sets.flatMap((a, i) => sets.slice(i + 1).map((b) => jaccard(new Set(a), new Set(b))));
  return pairs.length === 0 ? 1 : mean(pairs);
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const common = [...a].filter((column) => b.has(column)).length;
  return common / (a.size + b.size - common);
}
