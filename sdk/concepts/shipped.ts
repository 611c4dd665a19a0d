/** What ships for concepts: the encoder, the EuroSAT scenes with their split, the vocabularies. The cards in models/ say whose they are. */
import { NadirError, readBounded, shippedPath } from '../base/index.ts';

const MAX_CSV_BYTES = 16 * 2 ** 20;

/** EfficientNet-Lite0: image [N, 3, 128, 128] to embedding [N, 1280]. */
export const SHIPPED_ENCODER: string = shippedPath('models', 'encoder', 'efficientnet_lite0.onnx');
/** Zip of 2,000 EuroSAT scenes. */
export const SHIPPED_SCENES: string = shippedPath('models', 'eurosat', 'scenes.zip');

/** SPDX expression of the scenes' licence. */
export const SCENES_LICENCE = 'MIT';

/** Table of the shipped scenes: file, class, split (`train` or `holdout`). */
export const SHIPPED_SPLIT: string = shippedPath('models', 'eurosat', 'scenes.csv');

/** Files of one side of a split, sorted, from a CSV with the columns `file` and `split`. */
export async function readSplit(side: string, path: string = SHIPPED_SPLIT): Promise<string[]> {
  const [header, ...lines] = (await readBounded(path, MAX_CSV_BYTES)).toString('utf8').trim().split(/\r?\n/);
  const columns = header.split(',');
  const [file, split] = [columns.indexOf('file'), columns.indexOf('split')];
  const rows = lines.map((line) => line.split(','));
  const files = rows.filter((row) => row[split] === side).map((row) => row[file]);
  if (file < 0 || split < 0 || files.length === 0) {
    const remedy = `Give a CSV with columns "file" and "split" and rows of "${side}"`;
    throw new NadirError({ what: `no split "${side}"`, where: path, remedy });
  }
  return files.sort();
}

/** Paths of a shipped vocabulary: land cover by its own vectors, the encoder's ImageNet classes by its classifier. */
export function shippedVocabulary(name: 'land-cover' | 'imagenet'): { vocabulary: string; vectors: string } {
  if (name === 'imagenet')
    return { vocabulary: shippedPath('models', 'encoder', 'imagenet_classes.txt'), vectors: SHIPPED_ENCODER };
  const path = (end: string) => shippedPath('models', 'vocabularies', `land-cover.${end}`);
  return { vocabulary: path('txt'), vectors: path('npy') };
}
