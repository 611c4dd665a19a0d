/** The spectra that ship with Nadir, by name. */
import { shippedPath } from '../base/index.ts';

const SHIPPED: Readonly<
  Record<string, { readonly file: string; readonly licence: string; readonly fullReflectance: number }>
> = {
  limesoda: { file: 'limesoda_150bands.csv', licence: 'CC-BY-SA-4.0', fullReflectance: 100 },
  tropical: { file: 'tropical_150bands.csv', licence: 'CC-BY-4.0', fullReflectance: 100 },
};

/** Names that `resolveDataset` knows. */
export const DATASETS: readonly string[] = Object.keys(SHIPPED);

/** Path of a spectra table: `limesoda` and `tropical` are the shipped ones, anything else is a path already. */
export function resolveDataset(nameOrPath: string): string {
  const shipped = SHIPPED[nameOrPath];
  return shipped === undefined ? nameOrPath : shippedPath('models', 'soil-spectra', shipped.file);
}

/** SPDX expression of a data set's licence; NOASSERTION for what did not ship with Nadir. */
export function licenceOf(nameOrPath: string): string {
  return SHIPPED[nameOrPath]?.licence ?? 'NOASSERTION';
}

/** Value that stands for a reflectance of 1 in a data set; undefined for what did not ship with Nadir. */
export function fullReflectanceOf(nameOrPath: string): number | undefined {
  return SHIPPED[nameOrPath]?.fullReflectance;
}
