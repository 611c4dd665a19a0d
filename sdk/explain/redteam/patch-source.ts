/** Pixels of the rows of a table that was read from a HYPERVIEW folder: a patch at a time, none kept. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBounded } from '../../base/index.ts';
import { isHyperviewFolder } from '../../spectra/hyperview-folder.ts';
import { MAX_PATCH_BYTES, parsePatch } from '../../spectra/hyperview-patch.ts';
import type { Patch, SpectraTable } from '../../spectra/index.ts';

export type PatchSource = (row: number) => Promise<Patch | undefined>;

/** Where the pixels are, or undefined for data that have none. */
export async function patchSource(path: string, table: SpectraTable): Promise<PatchSource | undefined> {
  const indices = table.columns.get('sample_index');
  if (indices === undefined || !(await isHyperviewFolder(path))) return undefined;
  return async (row) => {
    const file = join(path, `${indices[row]}.npz`);
    if (!existsSync(file)) return undefined;
    return parsePatch(await readBounded(file, MAX_PATCH_BYTES), file, table.wavelengthsNm.length);
  };
}
