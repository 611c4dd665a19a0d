/**
 * `nadir spectra prune --bands`: how good a model can be that reads so many bands of the instrument, bands chosen anew inside each fold.
 * The search (band-search.ts, band-fits.ts) stands beside the greedy ranking and equal steps.
 */
import { onSharedMemory, type Progress, runJobs, workerUrl } from '../base/index.ts';
import { mean, type Score, type SpectralFeature, scoreFolds, standardDeviation } from '../spectra/index.ts';
import { type BandChoice, type BandFit, type BandResult, fitBands, insideProblem } from './band-fits.ts';
import type { FitResult } from './fits.ts';
import type { Candidate } from './pareto.ts';
import { type BoardCost, boardCost } from './pareto-cost.ts';
import type { Problem } from './problem.ts';
import { meanJaccard } from './rankings.ts';
import { outOfFold } from './run-fits.ts';

/** Two bands this near stand for one another: soil spectra hardly change within it. */
export const NEAR_NM = 10;
/** A band is of the stable core where this share of the folds has one near it. */
export const CORE_SHARE = 0.8;

/** A model on some of the features that a set of bands allows. */
interface BandModelFigures {
  readonly score: number;
  /** Over the folds. */
  readonly sd: number;
  /** Against all features of the catalogue, same folds and seed, in percent. */
  readonly lossPercent: number;
  /** Loss of the fold that loses most. */
  readonly worstFoldLossPercent: number;
}

export interface BandPoint extends BandModelFigures {
  /** The budget. */
  readonly bands: number;
  /** Centres of the bands chosen on all rows, nm. */
  readonly nm: readonly number[];
  /** Names of the features inside that the trees test. */
  readonly features: readonly string[];
  readonly cost: BoardCost;
  /** The same bands with features pruned by SHAP, where there are more. */
  readonly few?: BandModelFigures & { readonly features: readonly string[]; readonly cost: BoardCost };
  /** The same forest on bands chosen by the ranking alone, and on equal steps; `behind` is their score less ours, with its standard error. */
  readonly others: Readonly<
    Record<
      'greedy' | 'equal',
      BandModelFigures & { readonly nm: readonly number[]; readonly behind: number; readonly behindError: number }
    >
  >;
  /** Bands that each fold chose, nm. */
  readonly foldsNm: readonly (readonly number[])[];
  /** Mean Jaccard overlap of two folds' bands, and mean share of one's bands that the other has within `NEAR_NM`. */
  readonly agreement: number;
  readonly agreementNearby: number;
  /** Of `nm`, what nearly all folds choose within `NEAR_NM`. */
  readonly core: readonly number[];
}

/** Estimates of rows by models that had not seen them. */
export interface HeldOut {
  /** [n, targets] */
  readonly prediction: Float64Array;
  /** SD over the trees of each row's model, [n, targets], where it was taken. */
  readonly treeSpread?: Float64Array;
  readonly score: Score;
}

export interface BandSelection {
  readonly points: readonly BandPoint[];
  readonly candidates: readonly Candidate[];
  /** The chosen model of a candidate of kind `bands`: its features, as columns of the problem inside its bands. */
  modelOf(candidate: Candidate): { readonly bands: readonly number[]; readonly columns: Uint32Array };
  /** Estimates of the held-out rows by a candidate of kind `bands`, [n, targets], and their score with every figure. */
  heldOutOf(candidate: Candidate): HeldOut;
}

/** Chooses bands at each budget in each fold and on all rows; `fits` are the full fits of all rows and of each fold, with `bandNet`. */
export async function selectBands(
  problem: Problem,
  budgets: readonly number[],
  fits: readonly FitResult[],
  full: Score,
  threads: number,
  progress: Progress,
): Promise<BandSelection> {
  const { fit, selection, table, features, folds, groupOf } = problem;
  const spectra = onSharedMemory(selection.spectra);
  const data = { fit, spectra, wavelengthsNm: table.wavelengthsNm, features, ...(groupOf && { groupOf }) };
  const none = new Float64Array(table.wavelengthsNm.length);
  const jobs = fits.map(({ bandNet = none }, i) => ({ fold: i === 0 ? null : i - 1, budgets, net: bandNet }));
  const [onAllRows, ...byFold] = await runJobs({
    worker: workerUrl(import.meta.url, './band-worker'),
    data,
    jobs,
    threads,
    work: fitBands,
    onDone: (done) => progress.log(`bands: ${done} of ${jobs.length} parts done`),
  });

  const nmOf = (bands: readonly number[]) => bands.map((band) => table.wavelengthsNm[band]);
  const setOf = (result: BandResult, budget: number, choice: BandChoice) => {
    const set = result.sets.find((own) => own.budget === budget && own.choice === choice);
    if (set === undefined) throw new RangeError(`no set of ${budget} bands by ${choice}`);
    return set;
  };
  const scored = (budget: number, choice: BandChoice, which: 'all' | 'few') => {
    const parts = byFold.map((result) => {
      const set = setOf(result, budget, choice);
      return { rows: result.rows, prediction: (set[which] ?? set.all).prediction };
    });
    const prediction = outOfFold(fit, parts);
    return { prediction, score: scoreFolds(selection.truth, prediction, folds, selection.targets) };
  };
  const figures = (score: Score): BandModelFigures => ({
    score: score.mean,
    sd: score.sd,
    lossPercent: 100 * (score.mean / full.mean - 1),
    worstFoldLossPercent: Math.max(...score.folds.map((value, fold) => 100 * (value / full.folds[fold] - 1))),
  });
  const chosen = new Map<Candidate, { bands: readonly number[]; columns: Uint32Array; heldOut: HeldOut }>();
  const candidate = (budget: number, bands: readonly number[], own: BandFit, cost: BoardCost, heldOut: HeldOut) => {
    const { score } = heldOut;
    const made: Candidate = {
      kind: 'bands',
      asked: budget,
      score: score.mean,
      lossPercent: 100 * (score.mean / full.mean - 1),
      cost,
      folds: score.folds,
    };
    chosen.set(made, { bands, columns: own.columns, heldOut });
  };

  const points = budgets.map((budget): BandPoint => {
    const set = setOf(onAllRows, budget, 'search');
    const inside = insideProblem(data, set.bands).features;
    const read = (own: BandFit): SpectralFeature[] => [...own.read].map((f) => inside[f]);
    const costOf = (own: BandFit) => boardCost(read(own), own.comparisons);
    const heldOut = scored(budget, 'search', 'all');
    const { score } = heldOut;
    candidate(budget, set.bands, set.all, costOf(set.all), heldOut);
    let few: BandPoint['few'];
    if (set.few) {
      const own = scored(budget, 'search', 'few');
      const cost = costOf(set.few);
      candidate(budget, set.bands, set.few, cost, own);
      few = { ...figures(own.score), features: [...set.few.columns].map((f) => inside[f].name), cost };
    }
    const other = (choice: 'greedy' | 'equal') => {
      const own = scored(budget, choice, 'all').score;
      const behind = own.folds.map((value, fold) => value - score.folds[fold]);
      return {
        ...figures(own),
        nm: nmOf(setOf(onAllRows, budget, choice).bands),
        behind: mean(behind),
        behindError: standardDeviation(behind) / Math.sqrt(behind.length),
      };
    };
    const foldsNm = byFold.map((result) => nmOf(setOf(result, budget, 'search').bands));
    const nm = nmOf(set.bands);
    return {
      bands: budget,
      ...figures(score),
      nm,
      features: read(set.all).map((feature) => feature.name),
      cost: costOf(set.all),
      ...(few && { few }),
      others: { greedy: other('greedy'), equal: other('equal') },
      foldsNm,
      agreement: meanJaccard(foldsNm),
      agreementNearby: nearbyShare(foldsNm),
      core: nm.filter((at) => foldsNm.filter((own) => hasNear(own, at)).length >= CORE_SHARE * foldsNm.length),
    };
  });
  const known = (own: Candidate) => {
    const found = chosen.get(own);
    if (found === undefined) throw new RangeError('not a candidate of this selection');
    return found;
  };
  return { points, candidates: [...chosen.keys()], modelOf: known, heldOutOf: (own) => known(own).heldOut };
}

function hasNear(bands: readonly number[], nm: number): boolean {
  return bands.some((band) => Math.abs(band - nm) <= NEAR_NM);
}

/** Mean over ordered pairs of sets of the share of the first that the second has near; 1 for a single set. */
function nearbyShare(sets: readonly (readonly number[])[]): number {
  const shares = sets.flatMap((a, i) =>
    sets.flatMap((b, j) => (i === j ? [] : [a.filter((nm) => hasNear(b, nm)).length / a.length])),
  );
  return shares.length === 0 ? 1 : mean(shares);
}
