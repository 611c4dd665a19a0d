/** The spectra that ship with Nadir, by name. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SHIPPED: Readonly<Record<string, string>> = {
  limesoda: 'limesoda_150bands.csv',
  tropical: 'tropical_150bands.csv',
};

/** Names that `resolveDataset` knows. */
export const DATASETS: readonly string[] = Object.keys(SHIPPED);

/** Path of a spectra table: `limesoda` and `tropical` are the shipped ones, anything else is a path already. */
export function resolveDataset(nameOrPath: string): string {
  const file = SHIPPED[nameOrPath];
  if (file === undefined) return nameOrPath;
  // sdk/spectra in a checkout, dist/sdk/spectra in the published package
  const paths = ['../../models', '../../../models'].map((up) =>
    fileURLToPath(new URL(`${up}/soil-spectra/${file}`, import.meta.url)),
  );
  return paths.find((path) => existsSync(path)) ?? paths[0];
}
