/** `nadir spectra features`: the catalogue's features of every row of a spectra table, as .npy and a list of names. */
import { join } from 'node:path';
import { writeFileAtomic, writeNpy } from '../base/index.ts';
import { catalogue } from './catalogue.ts';
import { resolveDataset } from './datasets.ts';
import { computeFeatures } from './feature.ts';
import { readSpectraTable } from './table.ts';

export interface FeatureFileOptions {
  /** `limesoda`, `tropical` or the path of a spectra table. */
  readonly data: string;
  readonly groups?: readonly string[];
  readonly out: string;
}

export interface FeatureFileOutcome {
  /** Path of the values, .npy float32 [n, features]. */
  readonly features: string;
  /** Path of the names, one `group@index` a line. */
  readonly names: string;
  readonly n: number;
  /** Time to compute the features of one mean spectrum. */
  readonly secondsPerPatch: number;
}

/** Writes features.npy and names.txt. Duplicates of the Fourier groups are kept: columns stand where the EagleEyes features have them. */
export async function writeFeatureFile(options: FeatureFileOptions): Promise<FeatureFileOutcome> {
  const table = await readSpectraTable(resolveDataset(options.data));
  const bands = table.wavelengthsNm.length;
  const features = catalogue(bands, options.groups);
  const started = performance.now();
  const values = computeFeatures(features, table.reflectance, bands);
  const seconds = (performance.now() - started) / 1000;
  const featurePath = join(options.out, 'features.npy');
  const namePath = join(options.out, 'names.txt');
  await writeNpy(featurePath, { shape: [table.rows, features.length], data: values });
  await writeFileAtomic(namePath, `${features.map((feature) => feature.name).join('\n')}\n`);
  return { features: featurePath, names: namePath, n: table.rows, secondsPerPatch: seconds / table.rows };
}
