/**
 * `nadir spectra prune`: the loss of a forest on K features against one on all of them, with the features chosen inside each fold
 * by SHAP; where asked for, bands under a budget, other rankings and a formula beside it; then the small model on all rows.
 */
import { join } from 'node:path';
import { NadirError, type Progress, writeFileAtomic } from '../base/index.ts';
import { bandsRead, centreBand, type Score, scoreFolds, standardDeviation } from '../spectra/index.ts';
import { attribute } from './attribution.ts';
import { type HeldOut, selectBands } from './bands.ts';
import { lossCurveFigure } from './curve.ts';
import { attributionFigure } from './figure.ts';
import type { FitResult } from './fits.ts';
import { symbolicFormulas } from './formula.ts';
import type { CurvePoint, PruneOutcome } from './outcomes.ts';
import { type Candidate, KNEE_RULE, kneeOf, kneeWithoutEachFold, paretoFront } from './pareto.ts';
import { boardCost } from './pareto-cost.ts';
import { type Problem, readProblem, targetSds } from './problem.ts';
import { writeBandModel, writeFeatureModel } from './prune-model.ts';
import { ACCEPTED_LOSS_PERCENT, type PruneOptions } from './prune-options.ts';
import { writePruneSections } from './prune-sections.ts';
import { compareRankings, meanJaccard } from './rankings.ts';
import { pruneReport } from './report.ts';
import { outOfFold, runFits } from './run-fits.ts';

export { ACCEPTED_LOSS_PERCENT, CHOICE_RULE, type PruneOptions } from './prune-options.ts';

/** Measures the loss at each count, chooses one, and writes the pruned model's folder with its report. */
export async function pruneSoilModel(options: PruneOptions, progress: Progress): Promise<PruneOutcome> {
  const problem = await readProblem(options, options.forest);
  const { fit, folds, selection, table, features } = problem;
  const keep = checkedCounts(options.keep, features.length, 'features', '--keep');
  const budgets = options.bands && checkedCounts(options.bands, table.wavelengthsNm.length, 'bands', '--bands');
  if ((budgets || options.rankings) && folds.names.length < 2)
    throw new NadirError({
      what: 'choices are compared over folds, and this split has one part',
      where: '--folds',
      remedy: 'Give two folds or more for --bands and --rankings',
      exitCode: 2,
    });
  if (options.choose === 'bands' && budgets === undefined)
    throw new NadirError({
      what: 'no budget of bands to choose from',
      where: '--choose bands',
      remedy: 'Give budgets, such as --bands 4,6,8,12',
      exitCode: 2,
    });
  const centres = budgets && {
    of: Int32Array.from(features, (feature) => centreBand(feature) ?? -1),
    bands: table.wavelengthsNm.length,
  };
  const fits = await runFits(
    fit,
    [null, ...folds.names.keys()].map((fold) => ({ fold, keep: keep.toReversed(), ...(centres && { centres }) })),
    options.threads,
    progress,
  );
  const [onAllRows, ...byFold] = fits;

  const heldOut = (
    parts: readonly { readonly rows: Uint32Array; readonly prediction: Float64Array }[],
    spreads?: readonly { readonly rows: Uint32Array; readonly treeSpread: Float64Array }[],
  ): HeldOut => {
    const prediction = outOfFold(fit, parts);
    const score = scoreFolds(selection.truth, prediction, folds, options.targets);
    const treeSpread =
      spreads &&
      outOfFold(
        fit,
        spreads.map((part) => ({ rows: part.rows, prediction: part.treeSpread })),
      );
    return { prediction, score, ...(treeSpread && { treeSpread }) };
  };
  const whole = heldOut(byFold.map((result) => ({ rows: result.rows, prediction: result.full })));
  const full = whole.score;
  const pruned = new Map<number, HeldOut>();
  const heldOutAt = (count: number) => pruned.get(count) ?? whole;
  const scoreAt = (count: number) => heldOutAt(count).score;
  const curve = keep.map((count): CurvePoint => {
    const parts = byFold.map(({ rows, kept }) => ({ rows, ...fitOf(kept, count) }));
    const estimates = heldOut(parts, parts);
    const own = estimates.score;
    pruned.set(count, estimates);
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

  const selected = budgets && (await selectBands(problem, budgets, fits, full, options.threads, progress));
  const candidates = selected && [
    ...featureCandidates(problem, onAllRows, full, curve, scoreAt),
    ...selected.candidates,
  ];
  const front = candidates && paretoFront(candidates);
  const rankings = options.rankings && (await compareRankings(problem, keep, full.mean, options.threads, progress));
  const formula =
    options.formula &&
    symbolicFormulas(
      problem,
      fitOf(onAllRows.kept, keep[0]),
      byFold.map(({ kept }) => fitOf(kept, keep[0])),
      scoreAt(keep[0]),
    );

  const flown =
    options.choose === 'bands' && selected
      ? await writeBandModel(options, problem, selected, full, curve)
      : await writeFeatureModel(
          options,
          problem,
          fitOf(onAllRows.kept, point.keep).columns,
          point,
          heldOutAt(point.keep),
          full,
          curve,
        );
  const { small } = flown;

  const targetSd = targetSds(selection.truth, options.targets);
  const words = `${options.targets.join(', ')} · ${fit.n} samples of ${table.name}`;
  const figures = {
    curve: await lossCurveFigure(curve, { score: full.mean, features: features.length }),
    pruned: attributionFigure(attribute(small.features, small.shap, table.wavelengthsNm, targetSd), {
      title: `Where the model of ${small.features.length} features looks`,
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
  const knee = front && kneeOf(front);
  const outcome: PruneOutcome = {
    full: { score: full.mean, sd: full.sd, features: features.length, bandsRead: bandsRead(features).length },
    curve,
    chosen: flown.chosen,
    rule: flown.rule,
    model: options.out,
    droppedRows: selection.dropped,
    perTarget: flown.score.perTarget,
    report,
    ...(selected && { bandCurve: selected.points }),
    ...(front && candidates && { front, candidates }),
    ...(knee && candidates && { knee: { ...knee, rule: KNEE_RULE, withoutEachFold: kneeWithoutEachFold(candidates) } }),
    ...(rankings && { rankings }),
    ...(formula && { formula }),
  };
  const sections = await writePruneSections(options.out, outcome, candidates ?? [], table.wavelengthsNm, keep[0]);
  const headline = { score: flown.score.mean, features: small.features.length, bands: small.model.bandsRead.length };
  await writeFileAtomic(report, pruneReport({ model: small.model, outcome, folds, figures, headline, sections }));
  return outcome;
}

/** The forest on all features and those on the kept ones, as ways to fly. */
function featureCandidates(
  { features }: Problem,
  { fullCost, kept }: FitResult,
  full: Score,
  curve: readonly CurvePoint[],
  scoreAt: (keep: number) => Score,
): Candidate[] {
  const named = (columns: Uint32Array) => [...columns].map((column) => features[column]);
  return [
    {
      kind: 'all',
      asked: features.length,
      score: full.mean,
      lossPercent: 0,
      cost: boardCost(named(fullCost.read), fullCost.comparisons),
      folds: full.folds,
    },
    ...curve.map(({ keep, score, lossPercent }): Candidate => {
      const { read, comparisons } = fitOf(kept, keep);
      const cost = boardCost(named(read), comparisons);
      return { kind: 'features', asked: keep, score, lossPercent, cost, folds: scoreAt(keep).folds };
    }),
  ];
}

/** Applies the choice rule to a curve. */
export function choose(curve: readonly CurvePoint[]): CurvePoint {
  const [first, ...rest] = curve.toSorted((a, b) => a.keep - b.keep);
  return (
    [first, ...rest].find((point) => point.lossPercent <= ACCEPTED_LOSS_PERCENT) ??
    rest.reduce((best, point) => (point.score < best.score ? point : best), first)
  );
}

function fitOf<T extends { readonly keep: number }>(kept: readonly T[], count: number): T {
  const found = kept.find((fit) => fit.keep === count);
  if (found === undefined) throw new RangeError(`no fit keeps ${count} features`);
  return found;
}

/** Distinct counts, increasing, none above what there is. */
function checkedCounts(asked: readonly number[], most: number, things: string, where: string): number[] {
  const counts = [...new Set(asked)].sort((a, b) => a - b);
  const wrong = counts.find((count) => !Number.isInteger(count) || count < 1 || count > most);
  if (counts.length === 0 || wrong !== undefined)
    throw new NadirError({
      what: counts.length === 0 ? `no count of ${things} to keep` : `cannot keep ${wrong} of ${most} ${things}`,
      where,
      remedy: `Give whole numbers from 1 to ${most}`,
      exitCode: 2,
    });
  return counts;
}
