/** The pruned model that is kept: a forest on the chosen features or bands, grown on all rows, in its folder; and where it looks. */
import { Random } from '../base/index.ts';
import { type Forest, featuresRead, shapValues } from '../forest/index.ts';
import type { Score, SoilModel, SpectralFeature } from '../spectra/index.ts';
import type { ShapTable } from './attribution.ts';
import { insideProblem } from './band-fits.ts';
import type { BandSelection, HeldOut } from './bands.ts';
import { binRows, foldRows, gather, growForest } from './fits.ts';
import { writeModelFolder } from './model-folder.ts';
import type { CurvePoint } from './outcomes.ts';
import { KNEE_RULE, kneeOf } from './pareto.ts';
import type { FitData, Problem } from './problem.ts';
import { CHOICE_RULE, type PruneOptions } from './prune-options.ts';
import { uncertaintyOf } from './uncertainty.ts';

interface SmallModel {
  readonly model: SoilModel;
  readonly features: readonly SpectralFeature[];
  readonly shap: ShapTable;
}

/**
 * Grows the forest and writes the folder.
 * @param fit the features that `columns` count in, with their values: the problem's, or those inside a set of bands
 */
async function writeSmallModel(
  folder: string,
  problem: Problem,
  fit: FitData,
  features: readonly SpectralFeature[],
  columns: Uint32Array,
  about: {
    /** Leave out what no tree tests: it need not be computed on board. */
    readonly onlyRead: boolean;

    readonly heldOut: HeldOut;
    readonly options: Readonly<Record<string, unknown>>;
    readonly figures: Readonly<Record<string, unknown>>;
  },
): Promise<SmallModel> {
  const rows = foldRows(fit, null).training;
  const seed = Random.of(fit.seed, 'forest').uint32();
  const grown = growForest(fit, binRows(fit, rows), problem.selection.truth, columns, seed);
  const { options, figures, heldOut } = about;
  const { selection, folds } = problem;
  const uncertainty = uncertaintyOf({ ...heldOut, truth: selection.truth, folds, targets: selection.targets });
  const { forest, read } = about.onlyRead ? onlyRead(grown) : { forest: grown, read: null };
  const kept = read ? read.map((f) => columns[f]) : columns;
  const own = [...kept].map((column) => features[column]);
  const model = await writeModelFolder(folder, { problem, features: own, forest, options, figures, uncertainty });
  const { values } = shapValues(forest, gather(fit, rows, kept), fit.n);
  return { model, features: own, shap: { values, n: fit.n, targets: fit.targets } };
}

/** The same forest on the features that it tests. */
function onlyRead(forest: Forest): { readonly forest: Forest; readonly read: Uint32Array } {
  const read = featuresRead(forest);
  if (read.length === forest.features) return { forest, read };
  const place = new Int32Array(forest.features);
  read.forEach((f, i) => {
    place[f] = i;
  });
  return {
    forest: { ...forest, features: read.length, feature: forest.feature.map((f) => (f < 0 ? f : place[f])) },
    read,
  };
}

export interface FlownModel {
  readonly small: SmallModel;
  readonly score: Score;
  readonly chosen: number;
  readonly rule: string;
}

/** The model of the chosen count of features. */
export async function writeFeatureModel(
  options: PruneOptions,
  problem: Problem,
  columns: Uint32Array,
  point: CurvePoint,
  heldOut: HeldOut,
  full: Score,
  curve: readonly CurvePoint[],
): Promise<FlownModel> {
  const small = await writeSmallModel(options.out, problem, problem.fit, problem.features, columns, {
    onlyRead: false,
    heldOut,
    options: modelOptions(options),
    figures: modelFigures(heldOut.score, full, CHOICE_RULE, curve),
  });
  return { small, score: heldOut.score, chosen: point.keep, rule: CHOICE_RULE };
}

/** The model of the knee of the searched sets of bands. */
export async function writeBandModel(
  options: PruneOptions,
  problem: Problem,
  selected: BandSelection,
  full: Score,
  curve: readonly CurvePoint[],
): Promise<FlownModel> {
  const { fit, selection, table, features } = problem;
  const knee = kneeOf(selected.candidates);
  const { bands, columns } = selected.modelOf(knee);
  const data = { fit, spectra: selection.spectra, wavelengthsNm: table.wavelengthsNm, features };
  const inside = insideProblem(data, bands);
  const heldOut = selected.heldOutOf(knee);
  const { score } = heldOut;
  const rule = `of the searched bands: ${KNEE_RULE}`;
  const small = await writeSmallModel(options.out, problem, inside.fit, inside.features, columns, {
    onlyRead: true,
    heldOut,
    options: { ...modelOptions(options), bands: options.bands, choose: 'bands' },
    figures: { ...modelFigures(score, full, rule, curve), bands: bands.map((band) => table.wavelengthsNm[band]) },
  });
  return { small, score, chosen: small.features.length, rule };
}

function modelOptions(options: PruneOptions) {
  return { command: 'prune', groups: options.groups ?? 'all', keep: options.keep, ...options.forest };
}

function modelFigures(score: Score, full: Score, rule: string, curve: readonly CurvePoint[]) {
  return {
    fullScore: full.mean,
    score: score.mean,
    scoreSd: score.sd,
    lossPercent: 100 * (score.mean / full.mean - 1),
    perTarget: score.perTarget,
    curve,
    rule,
  };
}
