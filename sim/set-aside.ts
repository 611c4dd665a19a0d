/** Keeps samples of a shipped spectra table away from the trainer, so that what the craft later sees is new to its model. */
import { readFile } from 'node:fs/promises';
import { Random, writeFileAtomic } from '../sdk/base/index.ts';
import { readSpectraTable, resolveDataset, selectTargets } from '../sdk/spectra/index.ts';

/** Samples that the trainer never sees. */
export interface HeldOutSpectra {
  readonly targets: readonly string[];
  readonly wavelengthsNm: Float64Array;
  /** [rows, bands] */
  readonly spectra: Float32Array;
  /** [rows, targets] */
  readonly truth: Float64Array;
  readonly rows: number;
}

/**
 * Draws `count` samples with all targets known from a table, and writes the table in two: without them to `paths.training`, and them
 * alone to `paths.heldOut`, lines as they are.
 */
export async function setAside(
  data: string,
  targets: readonly string[],
  count: number,
  seed: number,
  paths: { readonly training: string; readonly heldOut: string },
): Promise<HeldOutSpectra> {
  const path = resolveDataset(data);
  const table = await readSpectraTable(path);
  const selection = selectTargets(table, targets);
  const kept = Random.of(seed, 'set aside').permutation(selection.rows.length).slice(0, count).sort();
  const bands = table.wavelengthsNm.length;
  const spectra = new Float32Array(kept.length * bands);
  const truth = new Float64Array(kept.length * targets.length);
  const linesOut = new Set<number>();
  kept.forEach((row, i) => {
    spectra.set(selection.spectra.subarray(row * bands, (row + 1) * bands), i * bands);
    truth.set(selection.truth.subarray(row * targets.length, (row + 1) * targets.length), i * targets.length);
    linesOut.add(table.rowNumbers[selection.rows[row]]);
  });
  const lines = (await readFile(path, 'utf8')).split('\n');
  const part = (keeps: (line: number) => boolean) => lines.filter((_, i) => i === 0 || keeps(i + 1)).join('\n');
  await writeFileAtomic(
    paths.training,
    part((line) => !linesOut.has(line)),
  );
  await writeFileAtomic(
    paths.heldOut,
    part((line) => linesOut.has(line)),
  );
  return { targets, wavelengthsNm: table.wavelengthsNm, spectra, truth, rows: kept.length };
}
