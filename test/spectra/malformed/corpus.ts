/**
 * A seeded corpus of malformed files for every reader of spectra. Each case is a file (and what lies beside it) that a user may
 * really have, with the place that the error must name. The seed chooses which cell, band, byte or tag is hurt.
 */
import { Random } from '../../../sdk/base/index.ts';
import type { MalformedCase } from './case.ts';
import { enviCases } from './envi-cases.ts';
import { hyperviewCases } from './hyperview-cases.ts';
import { matlabCases } from './matlab-cases.ts';
import { npzCases } from './npz-cases.ts';
import { tableCases } from './table-cases.ts';
import { tiffCases } from './tiff-cases.ts';

/** Every case for a seed; names are unique and serve as folders. */
export function malformedCorpus(seed: number): MalformedCase[] {
  return [tableCases, npzCases, enviCases, tiffCases, matlabCases, hyperviewCases].flatMap((casesOf) =>
    casesOf(Random.of(seed, casesOf.name)),
  );
}
