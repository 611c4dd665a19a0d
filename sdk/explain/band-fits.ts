/**
 * One fold's work of band selection, for a worker thread: chooses bands on the rows outside the fold, then fits forests on what they allow
 * and predicts the fold. The fold's targets are never looked at.
 */
import { Random } from '../base/index.ts';
import { binFeatures, predictForest, trainBinned } from '../forest/index.ts';
import { computeFeatures, type SpectralFeature } from '../spectra/index.ts';
import { equallySpaced, featuresInside } from './band-features.ts';
import { greedyBands } from './band-net.ts';
import { grow, swapSearch } from './band-search.ts';
import { BandSurrogate } from './band-surrogate.ts';
import { type FitCost, featuresDrawn, fitFold, foldRows, truthOf } from './fits.ts';
import { columnSds, type FitData } from './problem.ts';

/** A problem with its spectra, as worker threads are given it. */
export interface BandData {
  readonly fit: FitData;
  /** Mean spectra [n, bands], on shared memory. */
  readonly spectra: Float32Array;
  readonly wavelengthsNm: Float64Array;
  /** The problem's features: columns of `fit.x`. */
  readonly features: readonly SpectralFeature[];
  /** Rows of one group are judged together, [n]. */
  readonly groupOf?: Uint32Array;
}

export interface BandJob {
  readonly fold: number | null;
  /** Bands that the instrument may read, increasing. */
  readonly budgets: readonly number[];
  /** What each band contributes to the full forest of these rows, [bands]. */
  readonly net: Float64Array;
}

/** How a set of bands came about. */
const BAND_CHOICES = ['search', 'greedy', 'equal'] as const;
export type BandChoice = (typeof BAND_CHOICES)[number];

/** A forest on what a set of bands allows. */
export interface BandFit extends FitCost {
  /** Positions in the features inside the set, most important first where they were pruned. */
  readonly columns: Uint32Array;
  /** Predictions of the fold's rows, [m, targets]; empty for `fold` null. */
  readonly prediction: Float64Array;
}

export interface BandResult {
  readonly rows: Uint32Array;
  readonly sets: readonly {
    readonly budget: number;
    readonly choice: BandChoice;
    readonly bands: readonly number[];
    /** The forest on every feature inside. */
    readonly all: BandFit;
    /** The forest on `FEW_FEATURES` of them, for the searched sets where there are more. */
    readonly few?: BandFit;
  }[];
}

/** Features left where those inside a set of bands are pruned in turn. */
const FEW_FEATURES = 24;
/** Rows that the surrogate looks at. */
const SURROGATE_ROWS = 600;
/**
 * What a search tries. A pair of terms for each pair of bands makes large sets dear to compare and there is less to gain, so above 8 bands one
 * round of coarser swaps does, and above 12 a set only grows.
 */
const EFFORTS = [
  { upTo: 8, step: 4, rounds: 3, fromRanking: true },
  { upTo: 12, step: 8, rounds: 1, fromRanking: false },
  { upTo: Number.POSITIVE_INFINITY, step: 8, rounds: 0, fromRanking: false },
] as const;
/** The judge of the searched sets: a small forest in inner folds. */
const JUDGE = { folds: 3, trees: 20 } as const;

/** Chooses bands at each budget and fits; see the file's head. */
export function fitBands(data: BandData, job: BandJob): BandResult {
  const bandCount = data.wavelengthsNm.length;
  const { rows } = foldRows(data.fit, job.fold);
  const searched = searchBands(data, job);
  const sets = job.budgets.flatMap((budget, i) => {
    const choices: Record<BandChoice, readonly number[]> = {
      search: searched[i],
      greedy: greedyBands(job.net, budget),
      equal: equallySpaced(budget, bandCount),
    };
    return BAND_CHOICES.map((choice) => {
      const bands = choices[choice];
      const { fit } = insideProblem(data, bands);
      const keep = choice === 'search' && fit.features > FEW_FEATURES ? [FEW_FEATURES] : [];
      const { full, fullCost, kept } = fitFold(fit, { fold: job.fold, keep });
      const columns = Uint32Array.from({ length: fit.features }, (_, f) => f);
      const all = { columns, prediction: full, ...fullCost };
      return { budget, choice, bands, all, ...(kept.length > 0 && { few: kept[0] }) };
    });
  });
  return { rows, sets };
}

/** The searched set of each budget, increasing. Each budget starts from the best of the one before, from equal steps, and from the ranking. */
export function searchBands(data: BandData, job: BandJob): (readonly number[])[] {
  const bandCount = data.wavelengthsNm.length;
  const { training } = foldRows(data.fit, job.fold);
  const surrogate = openSurrogate(data, training, job.fold);
  const judge = openJudge(data, training, job.fold);
  let before: readonly number[] = [];
  return job.budgets.map((budget) => {
    const effort = EFFORTS.find(({ upTo }) => budget <= upTo) ?? EFFORTS[2];
    const step = Math.max(1, Math.min(effort.step, Math.floor(bandCount / (2 * budget))));
    const grown = grow(surrogate, before, budget, bandCount, step);
    const equal = equallySpaced(budget, bandCount);
    const starts = [equal, grown, ...(effort.fromRanking ? [greedyBands(job.net, budget)] : [])];
    const found = effort.rounds === 0 ? [] : swapSearch(surrogate, starts, bandCount, { step, rounds: effort.rounds });
    // what no swap moved is judged too: the surrogate may be wrong about all of it
    const candidates = distinct([...found.map((set) => set.bands), grown, equal]);
    const errors = candidates.map(judge);
    before = candidates[errors.indexOf(Math.min(...errors))];
    return before;
  });
}

function openSurrogate({ fit, spectra, wavelengthsNm }: BandData, training: Uint32Array, fold: number | null) {
  const B = wavelengthsNm.length;
  const rows = Random.of(fit.seed, `surrogate rows without fold ${fold}`)
    .permutation(training.length)
    .subarray(0, SURROGATE_ROWS)
    .map((i) => training[i])
    .sort();
  const every = Array.from({ length: B }, (_, band) => ({
    name: `abs@${band}`,
    group: 'abs',
    bands: [band],
    weights: [1],
    view: 'mean/absorbance',
    footprint: [band],
  }));
  const chosen = new Float32Array(rows.length * B);
  rows.forEach((row, i) => {
    chosen.set(spectra.subarray(row * B, (row + 1) * B), i * B);
  });
  const absorbance = computeFeatures(every, chosen, B);
  const truth = truthOf(fit, rows);
  return new BandSurrogate(
    every.map((_, band) => Float64Array.from(rows, (__, i) => absorbance[i * B + band])),
    Array.from({ length: fit.targets }, (_, t) => Float64Array.from(rows, (__, i) => truth[i * fit.targets + t])),
  );
}

/** Error of a small forest in inner folds of the training rows, mean over the targets of MSE/variance. */
function openJudge(data: BandData, training: Uint32Array, fold: number | null) {
  const { targets: T, seed, forest } = data.fit;
  const truth = truthOf(data.fit, training);
  const variance = columnSds(truth, T).map((sd) => sd * sd || 1);
  const partOf = innerParts(data, training, fold);
  const forestSeed = Random.of(seed, `judge without fold ${fold}`).uint32();
  return (bands: readonly number[]) => {
    const { fit } = insideProblem(data, bands);
    const F = fit.features;
    const x = new Float32Array(training.length * F);
    training.forEach((row, i) => {
      x.set(fit.x.subarray(row * F, (row + 1) * F), i * F);
    });
    const binned = binFeatures(x, { rows: training.length, features: F });
    const options = { ...forest, trees: JUDGE.trees, mtry: featuresDrawn(fit, F), seed: forestSeed };
    let error = 0;
    for (let part = 0; part < JUDGE.folds; part++) {
      const inside = Uint32Array.from(training.keys()).filter((i) => partOf[i] !== part);
      const outside = Uint32Array.from(training.keys()).filter((i) => partOf[i] === part);
      if (inside.length < 2 * forest.minLeaf || outside.length === 0) continue;
      const grown = trainBinned(binned, truth, T, options, inside);
      const held = new Float32Array(outside.length * F);
      outside.forEach((i, at) => {
        held.set(x.subarray(i * F, (i + 1) * F), at * F);
      });
      const prediction = predictForest(grown, held);
      for (let at = 0; at < prediction.length; at++)
        error += (prediction[at] - truth[outside[Math.floor(at / T)] * T + (at % T)]) ** 2 / variance[at % T];
    }
    return error / (training.length * T);
  };
}

/** Inner fold of each training row; rows of one group share theirs. */
function innerParts({ fit, groupOf }: BandData, training: Uint32Array, fold: number | null): Uint8Array {
  const groups = groupOf ? [...new Set(Array.from(training, (row) => groupOf[row]))] : Array.from(training.keys());
  const order = Random.of(fit.seed, `inner folds without fold ${fold}`).permutation(groups.length);
  const partOfGroup = new Map(Array.from(order, (group, place) => [groups[group], place % JUDGE.folds]));
  return Uint8Array.from(training, (row, i) => partOfGroup.get(groupOf ? groupOf[row] : i) ?? 0);
}

/** The problem restricted to what a set of bands allows. */
export function insideProblem(
  { fit, spectra, wavelengthsNm, features: catalogue }: BandData,
  bands: readonly number[],
): { readonly fit: FitData; readonly features: readonly SpectralFeature[] } {
  const features = featuresInside(bands, wavelengthsNm, catalogue);
  const known = new Map(catalogue.map((feature, column) => [feature, column]));
  const made = features.filter((feature) => !known.has(feature));
  const madeValues = computeFeatures(made, spectra, wavelengthsNm.length);
  const F = features.length;
  const x = new Float32Array(fit.n * F);
  for (let f = 0; f < F; f++) {
    // features that are made for the set come first
    const column = known.get(features[f]);
    for (let row = 0; row < fit.n; row++)
      x[row * F + f] = column === undefined ? madeValues[row * made.length + f] : fit.x[row * fit.features + column];
  }
  return { fit: { ...fit, x, features: F }, features };
}

function distinct(sets: readonly (readonly number[])[]): (readonly number[])[] {
  return [...new Map(sets.map((set) => [set.join(), set])).values()];
}
