/**
 * `nadir spectra import`: a forest that scikit-learn, LightGBM or XGBoost trained, as ONNX, becomes a soil model folder, to be explained,
 * audited, mapped and packed like ours.
 */
import { NadirError, type Progress, readBounded } from '../base/index.ts';
import { coveredForest, type Forest, forestFromOnnx, predictForest, treeEstimator } from '../forest/index.ts';
import { catalogue, computeFeatures, type Score, scoreFolds, spectralInput } from '../spectra/index.ts';
import { writeModelFolder } from './model-folder.ts';
import { DEFAULT_FOREST, type ProblemOptions, readProblem } from './problem.ts';

const MAX_ONNX_BYTES = 512 * 2 ** 20;
/** Covers of two children may miss their parent's by this share: files keep them in float32. */
const COVER_TOLERANCE = 1e-5;

export interface ImportOptions extends ProblemOptions {
  /** The forest: a TreeEnsembleRegressor on the features of `groups`, all of them, as `spectra features` writes them. */
  readonly onnx: string;
  readonly groups: readonly string[];
  readonly out: string;
}

export interface ImportOutcome {
  /** The model folder. */
  readonly model: string;
  readonly features: number;
  readonly trees: number;
  /** Whether the file said how many training rows each node saw, or the rows of the table were counted. */
  readonly covers: 'given' | 'counted';
  /** Score of the forest as it is on the rows of the table: it flatters where these are the rows that it was trained on. */
  readonly score: Score;
}

/** Reads the forest, checks it against the features and targets, and writes the folder. */
export async function importForest(options: ImportOptions, progress: Progress): Promise<ImportOutcome> {
  const problem = await readProblem(options, DEFAULT_FOREST);
  const { selection, table, folds, mscReference } = problem;
  const features = catalogue(table.wavelengthsNm.length, options.groups);
  const read = forestFromOnnx(await readBounded(options.onnx, MAX_ONNX_BYTES), options.onnx);
  if (read.features > features.length || read.targets !== options.targets.length)
    throw new NadirError({
      what: `the forest reads ${read.features} features and estimates ${read.targets} targets, there are ${features.length} and ${options.targets.length}`,
      where: options.onnx,
      remedy: 'Name its groups of features and its targets, in the order that it was trained with',
      exitCode: 2,
    });
  // converters may leave features out that come after the last one tested
  const forest = { ...read, features: features.length };
  const input = { ...spectralInput(table, selection.rows), ...(mscReference && { mscReference }) };
  const x = computeFeatures(features, input, table.wavelengthsNm.length);
  const n = selection.rows.length;
  const covers = hasCovers(forest) ? 'given' : 'counted';
  const covered = covers === 'given' ? forest : coveredForest(forest, x, n);
  const score = scoreFolds(selection.truth, predictForest(covered, x), folds, options.targets);
  progress.log(`${forest.roots.length} trees on ${features.length} features, score as it is ${score.mean.toFixed(4)}`);
  await writeModelFolder(options.out, {
    problem,
    features,
    estimator: treeEstimator('forest', covered, { imported: true }),
    options: { command: 'import', groups: options.groups, covers },
    figures: { score: score.mean, scoreSd: score.sd, perTarget: score.perTarget, imported: true },
  });
  return { model: options.out, features: features.length, trees: forest.roots.length, covers, score };
}

/** Whether the covers of children add up to their parents', as counts of rows do. */
function hasCovers({ feature, left, right, cover }: Forest): boolean {
  return feature.every((tested, node) => {
    if (tested < 0) return cover[node] > 0;
    const below = cover[left[node]] + cover[right[node]];
    return cover[node] > 0 && Math.abs(below - cover[node]) <= COVER_TOLERANCE * below;
  });
}
