/** One door to reading: a soil model of any kind from the files of its folder. */
import { NadirError } from '../base/index.ts';
import { hybrid } from './eagleeyes.ts';
import type { Estimator, EstimatorKind } from './estimator.ts';
import { linearEstimator } from './linear-estimator.ts';
import { linearFromOnnx } from './linear-onnx.ts';
import { neighbourEstimator } from './neighbours-estimator.ts';
import { neighboursFromNpz } from './neighbours-file.ts';
import { forestFromOnnx } from './onnx.ts';
import { treeEstimator } from './tree-estimators.ts';

/**
 * Reads a model. `forest.onnx` may come from anywhere: scikit-learn's, LightGBM's or XGBoost's converters as well as ours.
 * @param shape features and targets that the model must have
 * @param read bytes of a file of the folder by its name; throws where there is none
 * @param where the folder, for errors
 * Throws NadirError where a file is damaged or of another model.
 */
export async function readEstimator(
  kind: EstimatorKind,
  shape: { readonly features: number; readonly targets: number },
  read: (file: string) => Promise<Uint8Array>,
  where: string,
): Promise<Estimator> {
  const estimator = await readKind(kind, read, where);
  if (estimator.targets !== shape.targets || estimator.features !== shape.features)
    throw new NadirError({
      what: `the model has ${estimator.features} features and ${estimator.targets} targets, not ${shape.features} and ${shape.targets}`,
      where,
      remedy: 'Train the model again; its files are not of one model',
    });
  return estimator;
}

async function readKind(
  kind: EstimatorKind,
  read: (file: string) => Promise<Uint8Array>,
  where: string,
): Promise<Estimator> {
  const forest = async () => forestFromOnnx(await read('forest.onnx'), `${where}/forest.onnx`);
  const neighbours = async () => neighboursFromNpz(await read('neighbours.npz'), `${where}/neighbours.npz`);
  switch (kind) {
    case 'forest':
    case 'extra':
    case 'boost':
      return treeEstimator(kind, await forest());
    case 'neighbours': {
      const model = await neighbours();
      if (model.k > 0) return neighbourEstimator(model);
      throw new NadirError({
        what: 'no rows to ask',
        where: `${where}/neighbours.npz`,
        remedy: 'Train the model again',
      });
    }
    case 'eagleeyes':
      return hybrid(await forest(), await neighbours());
    case 'pls':
    case 'ridge':
    case 'mean':
      return linearEstimator(kind, linearFromOnnx(await read('linear.onnx'), `${where}/linear.onnx`));
  }
}
