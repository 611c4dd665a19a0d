/**
 * All 2,400 EagleEyes features of synthetic HYPERVIEW patches against numpy's SVD and PyWavelets: writes a folder of patches made from real
 * spectra, runs `spectra features` and test/oracles/features_hyperview.py on it and compares every value. Prints one JSON document; exit
 * code 1 where a group is off by more than it may. --fixture also writes test/fixtures/features-hyperview.json. --memory measures the greatest
 * memory of a process that does nothing but make the feature file of a folder with so many patches, instead.
 * Run: NADIR_PYTHON=python3 node tools/pinned.mjs test/campaigns/features.ts [PATCHES] [THREADS] [--fixture | --memory], the options last
 */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT, readNpy } from '../../sdk/base/index.ts';
import { catalogue, EAGLEEYES_GROUPS, writeFeatureFile } from '../../sdk/spectra/index.ts';
import { digestOf, FULL_PATCHES, farthestByGroup, fixtureOf, toleranceOf } from '../spectra/feature-comparison.ts';
import { patchSize, syntheticPatch, wavelengthsCsv, writeHyperviewFolder } from '../spectra/hyperview-folders.ts';

const SEED = 1;
const [patches = 200, threads = 2] = process.argv
  .slice(2)
  .filter((text) => /^\d+$/.test(text))
  .map(Number);
/** Different patches in the folder whose memory is measured: the others are links to them. */
const KINDS = 24;

/** The memory that features of a folder take: greatest resident set of a process of its own, MB. */
function measureMemory(folder: string): void {
  writeHyperviewFolder(folder, Math.min(KINDS, patches), (index) => syntheticPatch(SEED, index));
  rmSync(join(folder, 'train_gt.csv'));
  for (let index = KINDS; index < patches; index++)
    linkSync(join(folder, `${index % KINDS}.npz`), join(folder, `${index}.npz`));
  writeFileSync(join(folder, 'wavelengths.csv'), wavelengthsCsv());
  const self = [import.meta.filename, String(patches), String(threads), '--memory', folder];
  const printed = execFileSync(process.execPath, self, { encoding: 'utf8' });
  console.log(JSON.stringify({ patches, threads, maxResidentMB: Math.round(Number(printed)) }));
}

const measured = process.argv[process.argv.indexOf('--memory') + 1];
if (process.argv.includes('--memory') && measured !== undefined) {
  // the process of its own
  await writeFeatureFile({ data: measured, out: join(measured, 'out'), threads });
  console.log(process.resourceUsage().maxRSS / 1024);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-features-'));
  try {
    if (process.argv.includes('--memory')) measureMemory(folder);
    else await compareAll(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareAll(folder: string): Promise<void> {
  writeHyperviewFolder(folder, patches, (index) => syntheticPatch(SEED, index));
  const made = await writeFeatureFile({ data: folder, out: join(folder, 'out'), threads });
  const oracle = join(folder, 'oracle.npy');
  const script = join(PACKAGE_ROOT, 'test', 'oracles', 'features_hyperview.py');
  const python = process.env.NADIR_PYTHON ?? 'python3';
  const madeWith = execFileSync(python, [script, folder, oracle], { encoding: 'utf8' }).trim();
  const ours = (await readNpy(made.features)).data as Float64Array;
  const theirs = (await readNpy(oracle)).data as Float64Array;
  const width = catalogue(150, EAGLEEYES_GROUPS).length;
  if (ours.length !== patches * width || theirs.length !== ours.length) throw new Error('not as many features');
  const farthest = farthestByGroup(ours, theirs);
  const edges = Array.from({ length: patches }, (_, index) => patchSize(index)).flat();
  const pass = Object.entries(farthest).every(([group, distance]) => distance <= toleranceOf(group));
  console.log(
    JSON.stringify(
      { patches, features: width, edges: [Math.min(...edges), Math.max(...edges)], madeWith, pass, farthest },
      null,
      2,
    ),
  );
  if (process.argv.includes('--fixture')) {
    const rows = (from: number, end: number) => theirs.subarray(from * width, end * width);
    const fixture = {
      madeWith,
      seed: SEED,
      patches,
      full: fixtureOf(rows(0, FULL_PATCHES)),
      digests: fixtureOf(digestOf(rows(FULL_PATCHES, patches))),
    };
    writeFileSync(join(PACKAGE_ROOT, 'test', 'fixtures', 'features-hyperview.json'), JSON.stringify(fixture));
  }
  process.exitCode = pass ? 0 : 1;
}
