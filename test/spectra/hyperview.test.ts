import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatNpz, NadirError, PACKAGE_ROOT, readNpy } from '../../sdk/base/index.ts';
import {
  catalogue,
  computeFeaturesExact,
  EAGLEEYES_GROUPS,
  PatchReducer,
  readHyperview,
  readSpectra,
  writeFeatureFile,
} from '../../sdk/spectra/index.ts';
import { patchFile, syntheticPatch, wavelengthsCsv, writeHyperviewFolder } from './hyperview-folders.ts';

const root = mkdtempSync(join(tmpdir(), 'nadir-hyperview-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const SIZES = [
  [11, 11],
  [11, 13],
  [30, 22],
  [16, 41],
] as const;
const patchOf = (index: number) => syntheticPatch(1, index, SIZES[index % SIZES.length]);
const N = 20;
const good = writeHyperviewFolder(join(root, 'good'), N, patchOf);
const small = { bands: 150, height: 2, width: 3, data: new Uint16Array(900).fill(5) };

let copies = 0;
/** A copy of the good folder, changed. */
function changed(change: (folder: string) => void): string {
  const folder = join(root, `changed-${copies++}`);
  cpSync(good, folder, { recursive: true });
  change(folder);
  return folder;
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(NadirError);
  return (error as NadirError).message;
}

describe('a HYPERVIEW folder', () => {
  test('becomes a table: scaled mean spectra, targets, and what is known of each patch', async () => {
    const { table, mean, scale } = await readHyperview(good);
    expect([table.rows, scale, table.name]).toEqual([N, 2210, 'good']);
    expect(table.wavelengthsNm[149]).toBeCloseTo(938.37);
    expect([...table.columns.keys()]).toEqual([
      'sample_index',
      'P',
      'K',
      'Mg',
      'pH',
      'edge',
      'height',
      'width',
      'pixels',
      'maskShare',
    ]);
    const row = 11;
    const patch = patchOf(row);
    const cell = (name: string) => Number(table.columns.get(name)?.[row]);
    expect(['sample_index', 'P', 'pH', 'edge', 'height', 'width'].map(cell)).toEqual([11, 31, 6.1, 28.5, 16, 41]);
    const kept = [...patch.data.keys()].filter((i) => patch.mask[i] === 0 && i < 16 * 41);
    expect(cell('pixels')).toBe(kept.length);
    expect(cell('maskShare')).toBeGreaterThanOrEqual(0);
    const expected = kept.reduce((sum, i) => sum + patch.data[i], 0) / kept.length / 2210;
    expect(mean[row * 150]).toBeCloseTo(expected, 14);
    expect(table.reflectance[row * 150]).toBe(Math.fround(mean[row * 150]));
    expect(table.sigma).toBeUndefined();
    expect(table.rowNumbers[row]).toBe(13);
  });

  test('is the same table on one thread and on two, with its singular values', async () => {
    const [one, two] = await Promise.all([1, 2].map((threads) => readHyperview(good, { threads, pixels: true })));
    expect(two.table).toEqual(one.table);
    expect(two.mean).toEqual(one.mean);
    expect(one.table.sigma).toHaveLength(N * 5 * 150);
  });

  test('read by readSpectra, with another scale, or with its tables one folder above', async () => {
    const apart = join(root, 'apart', 'train_data');
    mkdirSync(apart, { recursive: true });
    writeFileSync(join(apart, '3.npz'), patchFile(small));
    writeFileSync(join(root, 'apart', 'wavelengths.csv'), wavelengthsCsv());
    const table = await readSpectra(apart, { scale: 10 });
    expect([table.rows, table.reflectance[0], table.skipped]).toEqual([1, 0.5, []]);
    expect([...table.columns.keys()]).toEqual(['sample_index', 'edge', 'height', 'width', 'pixels', 'maskShare']);
    expect((await readSpectra('tropical')).rows).toBe(102);
  });

  test('one bad patch among many: an error without --skip-bad, a line of the report with it', async () => {
    const folder = changed((path) =>
      writeFileSync(join(path, '7.npz'), readFileSync(join(good, '7.npz')).subarray(0, 900)),
    );
    expect(await messageOf(readHyperview(folder))).toMatch(/7\.npz/);
    for (const threads of [1, 2]) {
      const { table, skipped } = await readHyperview(folder, { skipBad: true, threads, pixels: true });
      expect(skipped).toEqual([{ file: '7.npz', reason: expect.stringMatching(/zip.*7\.npz/) }]);
      const whole = await readHyperview(good, { pixels: true });
      expect(table.rows).toBe(N - 1);
      expect(table.columns.get('sample_index')?.[7]).toBe('8');
      expect(table.reflectance.slice(7 * 150)).toEqual(whole.table.reflectance.slice(8 * 150));
      expect(table.sigma?.slice(7 * 750)).toEqual(whole.table.sigma?.slice(8 * 750));
    }
  });

  const half = new Uint16Array(450).fill(5);
  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'a mask all true',
      (f) => writeFileSync(join(f, '3.npz'), patchFile({ ...small, mask: new Uint8Array(900).fill(1) })),
      /every pixel of band 0 is masked: .*3\.npz/,
    ],
    [
      'NaN pixels',
      (f) => writeFileSync(join(f, '3.npz'), patchFile({ ...small, data: new Float32Array(900).fill(Number.NaN) })),
      /band 0 is not finite: NaN at row 0, column 0: .*3\.npz/,
    ],
    [
      'too few bands',
      (f) => writeFileSync(join(f, '3.npz'), patchFile({ ...small, bands: 75, data: half })),
      /data has 75 bands where wavelengths\.csv has 150: .*3\.npz/,
    ],
    [
      'a mask of another size',
      (f) => {
        const data = { shape: [150, 2, 3], data: small.data };
        const mask = { shape: [150, 3, 2], data: new Uint8Array(900) };
        writeFileSync(join(f, '3.npz'), formatNpz({ data, mask }));
      },
      /mask of shape \(150, 3, 2\) does not fit data \(150, 2, 3\): .*3\.npz/,
    ],
    ['no wavelengths.csv', (f) => rmSync(join(f, 'wavelengths.csv')), /the folder has no wavelengths\.csv/],
    [
      'wavelengths in µm',
      (f) =>
        writeFileSync(join(f, 'wavelengths.csv'), wavelengthsCsv(Array.from({ length: 150 }, (_, b) => 0.4 + b / 300))),
      /look like micrometres.*wavelengths\.csv row 2/,
    ],
    [
      'a wavelength twice',
      (f) => writeFileSync(join(f, 'wavelengths.csv'), 'band_no,wavelength\n1,500\n2,500\n'),
      /"500" is not a number above the one before it: .*wavelengths\.csv row 3/,
    ],
    [
      'a patch without a row',
      (f) => writeFileSync(join(f, '99.npz'), patchFile(small)),
      /has no row in train_gt\.csv: .*99\.npz/,
    ],
    ['a row without a patch', (f) => rmSync(join(f, '5.npz')), /is in train_gt\.csv but not in the folder: .*5\.npz/],
    [
      'a row twice',
      (f) => writeFileSync(join(f, 'train_gt.csv'), 'sample_index,P\n1,2\n1,3\n'),
      /patch 1 comes twice: .*train_gt\.csv row 3/,
    ],
    ['no sample_index', (f) => writeFileSync(join(f, 'train_gt.csv'), 'index,P\n1,2\n'), /no column "sample_index"/],
  ])('with %s is one clear error', async (_, change, message) => {
    expect(await messageOf(readHyperview(changed(change)))).toMatch(message);
  });

  test('of bad patches only, and a folder of something else, are refused', async () => {
    const folder = join(root, 'bad');
    mkdirSync(folder);
    writeFileSync(join(folder, '0.npz'), 'not a zip');
    writeFileSync(join(folder, 'wavelengths.csv'), wavelengthsCsv());
    expect(await messageOf(readHyperview(folder, { skipBad: true }))).toMatch(/no patch of the folder can be used/);
    expect(await messageOf(readSpectra(join(PACKAGE_ROOT, 'docs')))).toMatch(/has no patches \{index\}\.npz/);
  });
});

describe('the feature file', () => {
  test('of a HYPERVIEW folder has all sixteen groups in float64, the same bytes for any number of threads', async () => {
    const made = await writeFeatureFile({ data: good, out: join(root, 'one') });
    const again = await writeFeatureFile({ data: good, out: join(root, 'two'), threads: 2 });
    expect(readFileSync(again.features).equals(readFileSync(made.features))).toBe(true);
    const { shape, data } = await readNpy(made.features);
    expect([shape, data.constructor, made.scale]).toEqual([[N, 2400], Float64Array, 2210]);
    const features = catalogue(150, EAGLEEYES_GROUPS);
    expect(readFileSync(made.names, 'utf8').trim().split('\n')).toEqual(features.map(({ name }) => name));
    const { mean, sigma } = new PatchReducer().reduce(patchOf(6), 'patch', { sigma: true, scale: 2210 });
    const expected = computeFeaturesExact(features, { mean, ...(sigma && { sigma }) }, 150);
    expect(data.subarray(6 * 2400, 7 * 2400)).toEqual(expected);
  });

  test('of a table has the groups that were asked for, scatter correction against the mean of its rows', async () => {
    const made = await writeFeatureFile({ data: 'tropical', groups: ['msc', 'pre'], out: join(root, 'table') });
    expect((await readNpy(made.features)).shape).toEqual([102, 300]);
    expect(
      await messageOf(writeFeatureFile({ data: 'tropical', groups: ['sigma1'], out: join(root, 'none') })),
    ).toMatch(/pixels are asked for where only mean spectra/);
  });

  test('without its bad patches has the others in their places, whatever the number of threads', async () => {
    const folder = changed((path) => {
      for (const index of [0, 7, 8]) writeFileSync(join(path, `${index}.npz`), 'not a zip');
    });
    const whole = await readNpy((await writeFeatureFile({ data: good, out: join(root, 'whole') })).features);
    const row = (values: ArrayLike<unknown>, at: number) =>
      Array.prototype.slice.call(values, at * 2400, (at + 1) * 2400);
    for (const threads of [1, 2]) {
      const made = await writeFeatureFile({ data: folder, out: join(root, `left-${threads}`), skipBad: true, threads });
      const { shape, data } = await readNpy(made.features);
      expect(shape).toEqual([N - 3, 2400]);
      expect(made.skipped.map(({ file }) => file)).toEqual(['0.npz', '7.npz', '8.npz']);
      for (const [at, was] of [0, 5, 6, 16].entries())
        expect(row(data, was)).toEqual(row(whole.data, [1, 6, 9, 19][at]));
    }
    const out = join(root, 'never');
    expect(await messageOf(writeFeatureFile({ data: folder, out, threads: 2 }))).toMatch(/[078]\.npz/);
    expect(readdirSync(out)).toEqual([]);
  });

  test('of a folder corrects scatter against the mean of all its rows', async () => {
    const { mean } = await readHyperview(good);
    const made = await writeFeatureFile({ data: good, groups: ['msc'], out: join(root, 'msc'), threads: 2 });
    const mscReference = Float64Array.from({ length: 150 }, (_, band) => {
      let sum = 0;
      for (let row = 0; row < N; row++) sum += mean[row * 150 + band];
      return sum / N;
    });
    const expected = computeFeaturesExact(catalogue(150, ['msc']), { mean, mscReference }, 150);
    const { data } = await readNpy(made.features);
    expected.forEach((value, i) => {
      expect(Number(data[i])).toBeCloseTo(value, 12);
    });
  });

  test('by the command line: one JSON document, the bad patch named', () => {
    const folder = changed((path) => writeFileSync(join(path, '7.npz'), 'not a zip'));
    const out = join(root, 'command');
    const nadir = join(PACKAGE_ROOT, 'bin', 'nadir.mjs');
    const command = [
      'spectra',
      'features',
      '--data',
      folder,
      '--out',
      out,
      '--groups',
      'arr,sigma1',
      '--skip-bad',
      '--json',
    ];
    const document = JSON.parse(execFileSync(process.execPath, [nadir, ...command], { encoding: 'utf8' }));
    expect(document).toMatchObject({ n: N - 1, scale: 2210, features: join(out, 'features.npy'), seed: 0 });
    expect(document.skipped).toEqual([{ file: '7.npz', reason: expect.stringContaining('7.npz') }]);
    expect(document.secondsPerPatch).toBeGreaterThan(0);
  });
});
