/**
 * The catalogue of features: seconds a patch for all 2,400 EagleEyes features, and for 24 kept ones that need no pixels but the mean of the
 * bands they read. Sizes of patches: those of the challenge's (a third of 11 × 11, median h·w near 1,850 px; the largest three take most of
 * the time), and larger ones (median h·w near 2,950 px, no tiny ones), as our first prototype was measured on. Pixels are synthetic: smooth
 * fields with shade and noise, of whose singular values the fifth stands above the noise. Where it does not, Lanczos' method gives up and
 * the tridiagonal form takes over: the case of noise alone says what that costs.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../../sdk/base/index.ts';
import {
  bandsRead,
  catalogue,
  computeFeaturesExact,
  EAGLEEYES_GROUPS,
  featureCost,
  HYPERVIEW_SCALE,
  type Patch,
  PatchReducer,
} from '../../../sdk/spectra/index.ts';
import { patchFile, syntheticPatch } from '../../spectra/hyperview-folders.ts';
import { type BenchCase, cpuSeconds, type Measured } from '../case.ts';

const SIZES = [
  [11, 11],
  [11, 11],
  [11, 11],
  [11, 11],
  [26, 24],
  [40, 42],
  [46, 44],
  [54, 52],
  [60, 66],
  [72, 70],
  [90, 84],
  [120, 110],
] as const;
const LARGER = [
  [30, 33],
  [42, 40],
  [50, 48],
  [54, 54],
  [57, 52],
  [62, 60],
  [70, 66],
  [90, 84],
] as const;
const BANDS = 150;

const reducer = new PatchReducer();
const all = catalogue(BANDS, EAGLEEYES_GROUPS);
/** What a pruned model reads: derivatives around two absorptions, as in the paper's figure. */
const kept = catalogue(BANDS, ['d1', 'd2', 'd3'])
  .filter(({ name }) => /@(5[89]|6[0-3]|12[01])$/.test(name))
  .slice(0, 24);

/** Patches of one size each, then all of them: the same everywhere. */
function patchesOf(sizes: readonly (readonly [number, number])[]): Patch[] {
  return sizes.map((size, index) => syntheticPatch(5, index, size));
}

function everyFeature(patches: readonly Patch[]): number {
  let sum = 0;
  for (const patch of patches) {
    const { mean, sigma } = reducer.reduce(patch, 'patch', { sigma: true, scale: HYPERVIEW_SCALE });
    for (const value of computeFeaturesExact(all, { mean, ...(sigma && { sigma }) }, BANDS)) sum += value;
  }
  return sum;
}

const keptBands = bandsRead(kept);
function keptFeatures(patches: readonly Patch[]): number {
  let sum = 0;
  for (const patch of patches) {
    const { mean } = reducer.reduce(patch, 'patch', { bands: keptBands, scale: HYPERVIEW_SCALE });
    for (const value of computeFeaturesExact(kept, mean, BANDS)) sum += value;
  }
  return sum;
}

/** Least of some rounds, seconds a patch. */
async function aPatch(
  work: (patches: readonly Patch[]) => number,
  patches: readonly Patch[],
  rounds: number,
): Promise<Measured> {
  let [seconds, sum] = [Number.POSITIVE_INFINITY, 0];
  for (let round = 0; round < rounds; round++) {
    const times = work === keptFeatures ? 20 : 1;
    const spent = await cpuSeconds(() => {
      for (let i = 0; i < times; i++) sum = work(patches);
    });
    seconds = Math.min(seconds, spent / (patches.length * times));
  }
  return { seconds, sum };
}

/** The same with pixels of noise around 4,000 counts: no singular value but the first stands out. */
function noiseOf(sizes: readonly (readonly [number, number])[]): Patch[] {
  const random = Random.of(5, 'noise');
  return patchesOf(sizes).map((patch) => ({
    ...patch,
    data: Uint16Array.from({ length: patch.data.length }, () => 3900 + random.below(200)),
    // a mask's outline would stand out
    mask: new Uint8Array(patch.data.length),
  }));
}

function caseOf(
  name: string,
  sizes: readonly (readonly [number, number])[],
  peer: 'svd' | 'gram',
  goal: number | null,
  make = patchesOf,
): BenchCase {
  let patches: Patch[] = [];
  return {
    name: `features/2,400, ${name}, against ${peer}`,
    goal,
    repeats: 3,
    prepare: async (folder) => {
      patches = make(sizes);
      for (const [index, patch] of patches.entries()) writeFileSync(join(folder, `${index}.npz`), patchFile(patch));
      everyFeature(patches);
    },
    ours: () => aPatch(everyFeature, patches, 3),
    peer: { name: `numpy ${peer}, PyWavelets`, script: 'features.py', arguments: [peer] },
  };
}

let mixed: Patch[] = [];
export const cases: BenchCase[] = [
  caseOf("sizes of the challenge's patches", SIZES, 'svd', 10),
  caseOf("sizes of the challenge's patches", SIZES, 'gram', 4),
  caseOf('larger patches', LARGER, 'svd', 10),
  caseOf('larger patches', LARGER, 'gram', 4),
  caseOf('larger patches of noise', LARGER, 'svd', null, noiseOf),
  caseOf('11 × 11', SIZES.slice(0, 1), 'svd', null),
  caseOf('54 × 54', [[54, 54]], 'svd', null),
  {
    name: 'features/24 kept that need the mean only, against 2,400',
    goal: 50,
    repeats: 3,
    prepare: async () => {
      mixed = patchesOf(SIZES);
      keptFeatures(mixed);
      everyFeature(mixed);
    },
    ours: async () => ({ ...(await aPatch(keptFeatures, mixed, 3)), ...featureCost(kept) }),
    peerHere: { name: 'all 2,400 by Nadir', run: () => aPatch(everyFeature, mixed, 2) },
  },
];
