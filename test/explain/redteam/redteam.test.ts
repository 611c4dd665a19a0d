/** `nadir spectra redteam` as a user runs it: the document, the exit code, the page. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT, SILENT } from '../../../sdk/base/index.ts';
import { CHECKS, type RedteamOutcome, redteamSoilModel, trainSoilModel } from '../../../sdk/explain/index.ts';
import type { Patch } from '../../../sdk/spectra/index.ts';
import { CHROMIUM } from '../../chromium.ts';
import { syntheticPatch, writeHyperviewFolder } from '../../spectra/hyperview-folders.ts';
import { auditTable, csvOf, soilTable } from './plants.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-redteam-'));
const data = join(folder, 'table.csv');
const model = join(folder, 'model');
const run = promisify(execFile);

async function nadir(...args: string[]) {
  try {
    const { stdout, stderr } = await run(process.execPath, [join(PACKAGE_ROOT, 'sdk/cli/main.ts'), ...args]);
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

let whole: RedteamOutcome;
beforeAll(async () => {
  const table = await soilTable('SP.231', 3, 110, 3);
  const field = table.spectra.map((_, i) => `F${i % 4}`);
  const edge = table.spectra.map((_, i) => 6 + (i % 30));
  whole = await auditTable({ ...table, beside: { field, edge } }, folder, {
    seed: 3,
    quick: true,
    trees: 15,
    keep: 12,
  });
}, 60_000);

describe('the outcome', () => {
  test('every check of the table says something, with number, pass line and evidence', () => {
    expect(new Set(whole.findings.map(({ id }) => id))).toEqual(new Set(Array.from({ length: 18 }, (_, i) => i + 1)));
    expect(whole.findings).toHaveLength(CHECKS.length);
    for (const finding of whole.findings) {
      expect(finding.evidence).not.toBe('');
      expect(finding.passLine).not.toBe('');
      expect(finding.passes).toBe(finding.severity === 'skipped' ? null : finding.severity === 'passed');
      if (finding.severity !== 'skipped') expect(Number.isFinite(finding.value)).toBe(true);
      if (['major', 'medium', 'minor'].includes(finding.severity)) expect(finding.suggestion).not.toBe('');
      for (const row of finding.rows) expect(row > 1 && row <= 111).toBe(true);
      if (finding.figure !== null)
        expect(readFileSync(finding.figure, 'utf8')).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    }
    expect(Object.values(whole.counts).reduce((sum, count) => sum + count)).toBe(CHECKS.length);
  });

  test('the explanation adds up, the group is found by its name, mean spectra have no geometry', () => {
    const of = (check: string) => whole.findings.find((finding) => finding.check === check);
    expect(of('additivity')).toMatchObject({ severity: 'passed' });
    expect(of('additivity')?.value).toBeLessThan(1e-6);
    expect(of('grouped-validation')?.evidence).toContain('field');
    expect(of('geometry')).toMatchObject({ severity: 'skipped', passes: null, value: null });
    expect(of('geometry')?.evidence).toContain('pixels');
    expect(of('slices')?.table?.rows.map(([name]) => name)).toEqual(
      expect.arrayContaining(['edge ≤ 11 px', 'field F0']),
    );
  });

  test('does not depend on the number of threads, byte for byte', async () => {
    const only = ['deletion', 'stability', 'sensor-faults', 'counterfactual'];
    const options = { model, data, seed: 3, quick: true, only };
    const [one, three] = await Promise.all(
      [1, 3].map((threads) =>
        redteamSoilModel({ ...options, threads, out: join(folder, `threads-${threads}`) }, SILENT),
      ),
    );
    expect(readFileSync(three.twin, 'utf8')).toBe(readFileSync(one.twin, 'utf8'));
    expect(readFileSync(three.report, 'utf8')).toBe(readFileSync(one.report, 'utf8'));
  });

  test('a model that the data did not train is judged itself', async () => {
    const other = join(folder, 'other.csv');
    writeFileSync(other, csvOf(await soilTable('SP.231', 8, 60, 3)));
    const { split, findings } = await redteamSoilModel(
      { model, data: other, seed: 0, quick: true, threads: 1, only: ['7', 'shortcuts'], out: join(folder, 'other') },
      SILENT,
    );
    expect(split).toContain('the model itself, on data other than it was trained on');
    expect(findings.map(({ check }) => check)).toEqual(['narrow-range', 'shortcuts']);
  });

  test('too few rows for deciles and slices are skipped with the reason, and the audit goes on', async () => {
    const few = join(folder, 'few.csv');
    writeFileSync(few, readFileSync(data, 'utf8').split('\n').slice(0, 7).join('\n'));
    const { findings } = await redteamSoilModel(
      {
        model,
        data: few,
        only: ['narrow-range', 'slices'],
        quick: true,
        seed: 3,
        threads: 1,
        out: join(folder, 'few'),
      },
      SILENT,
    );
    expect(findings.map(({ severity }) => severity)).toEqual(['skipped', 'skipped']);
    expect(findings[1].evidence).toContain('no slice of the data has 10 rows');
  });

  test('geometry is looked at where rows have pixels', async () => {
    const { spectra } = await soilTable('SP.231', 3, 110, 3);
    const [height, width] = [6, 6];
    // a field of four by four pixels, twice as bright beside it
    const isField = (pixel: number) =>
      [1, 2, 3, 4].includes(pixel % width) && [1, 2, 3, 4].includes(Math.floor(pixel / width));
    const patchOf = async (row: number): Promise<Patch> => ({
      bands: spectra[row].length,
      height,
      width,
      data: Float32Array.from(
        spectra[row].flatMap((value) =>
          Array.from({ length: height * width }, (_, pixel) => (isField(pixel) ? value : 2 * value)),
        ),
      ),
      mask: Uint8Array.from({ length: height * width }, (_, pixel) => (isField(pixel) ? 0 : 1)),
    });
    const { findings } = await redteamSoilModel(
      { model, data, seed: 0, quick: true, threads: 1, only: ['geometry'], patchOf, out: join(folder, 'geometry') },
      SILENT,
    );
    const [{ table, severity }] = findings;
    expect(severity).not.toBe('skipped');
    const change = new Map(table?.rows.map(([name, , loss]) => [name, Number(loss)]));
    expect(change.size).toBe(11);
    // what lies beside the field comes in, and more of it the further the mask is off
    expect(change.get('mask off by 3 px')).toBeGreaterThan(Number(change.get('mask off by 1 px')));
    expect(change.get('mask off by 3 px')).toBeGreaterThan(0);
  });

  test('a HYPERVIEW folder has its geometry checked, and its order and patch sizes looked at as shortcuts', async () => {
    // targets that rise with the index of the patch
    const patches = writeHyperviewFolder(join(folder, 'patches'), 40, (index) =>
      syntheticPatch(1, index, [13, 11 + (index % 4)]),
    );
    const own = join(folder, 'patches-model');
    await trainSoilModel(
      {
        data: patches,
        targets: ['P'],
        groups: ['arr'],
        model: 'forest',
        folds: '3',
        seed: 0,
        forest: { trees: 10 },
        out: own,
        threads: 1,
      } as Parameters<typeof trainSoilModel>[0],
      SILENT,
    );
    const { findings } = await redteamSoilModel(
      {
        model: own,
        data: patches,
        seed: 0,
        quick: true,
        threads: 1,
        only: ['geometry', 'shortcuts'],
        out: join(folder, 'patches-out'),
      },
      SILENT,
    );
    const [shortcuts, geometry] = findings;
    expect(geometry.table?.rows).toHaveLength(11);
    expect(geometry.evidence).toContain('on 40 patches');
    expect(shortcuts.severity).toBe('major');
    expect(shortcuts.table?.rows.map(([name]) => name)).toEqual(
      expect.arrayContaining(['column edge', 'column maskShare']),
    );
  });

  test('a linear model is explained and fitted again too', async () => {
    const pls = join(folder, 'pls');
    const { targets } = await soilTable('SP.231', 3, 2);
    await trainSoilModel(
      {
        data,
        targets,
        groups: ['arr'],
        model: 'pls',
        folds: '3',
        seed: 0,
        forest: {},
        out: pls,
        threads: 1,
      } as Parameters<typeof trainSoilModel>[0],
      SILENT,
    );
    const { findings } = await redteamSoilModel(
      {
        model: pls,
        data,
        seed: 0,
        quick: true,
        threads: 1,
        only: ['additivity', 'stability', 'counterfactual'],
        out: join(folder, 'pls-out'),
      },
      SILENT,
    );
    expect(findings.map(({ severity }) => severity)).not.toContain('skipped');
    expect(findings[0].value).toBeLessThan(1e-6);
  });
});

describe('the command', () => {
  test('prints the document, and fails a pipeline on the grade asked for', async () => {
    const common = [
      'spectra',
      'redteam',
      '--model',
      model,
      '--data',
      data,
      '--quick',
      '--threads',
      '1',
      '--out',
      join(folder, 'cli'),
    ];
    const raised = whole.findings.find(({ severity }) => ['major', 'medium', 'minor'].includes(severity));
    const noisy = await nadir(...common, '--only', `${raised?.check},additivity`, '--fail-on', 'minor', '--json');
    const document = JSON.parse(noisy.stdout);
    expect(noisy.code).toBe(1);
    expect(document.findings.map(({ severity }: { severity: string }) => severity).sort()).toEqual(
      ['passed', raised?.severity].sort(),
    );
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining(['version', 'seed', 'wallSeconds', 'cpuSeconds', 'out', 'findings', 'report']),
    );
    expect(Object.keys(document.findings[0])).toEqual(
      expect.arrayContaining(['check', 'severity', 'value', 'passes', 'evidence']),
    );
    expect(existsSync(document.report)).toBe(true);
    const passing = await nadir(...common, '--only', 'additivity', '--fail-on', 'minor');
    expect(passing.code).toBe(0);
    expect(passing.stdout).toContain('passed   1 additivity');
  });

  test('says what is wrong in one line', async () => {
    const unknown = await nadir(
      'spectra',
      'redteam',
      '--model',
      model,
      '--data',
      data,
      '--only',
      'magic',
      '--out',
      folder,
    );
    expect(unknown.code).toBe(2);
    expect(unknown.stderr.trim().split('\n')).toHaveLength(1);
    expect(unknown.stderr).toContain('there is no check "magic"');
    const grade = await nadir('spectra', 'redteam', '--model', model, '--data', data, '--fail-on', 'passed');
    expect(grade.code).toBe(2);
    const targets = await nadir(
      'spectra',
      'redteam',
      '--model',
      model,
      '--data',
      data,
      '--targets',
      'pH',
      '--out',
      folder,
    );
    expect(targets.stderr).toContain('the model has 2 targets (pH, clay), 1 are named');
  });
});

describe('the report', () => {
  test('starts with the counts, the split, the grouped gap and the domain, then a row a check; nothing comes from outside', () => {
    const page = readFileSync(whole.report, 'utf8');
    const order = [
      'Red-team report',
      '>major<',
      'How the samples were split.',
      'Grouped gap.',
      'Out of distribution.',
      'The checks',
    ];
    const places = order.map((words) => page.indexOf(words));
    expect(places.every((place, i) => place >= 0 && (i === 0 || place > places[i - 1]))).toBe(true);
    for (const { check } of whole.findings) expect(page).toContain(`<a href="#${check}">`);
    expect(page).not.toMatch(/<script|<link|<img|src=|url\(/);
    expect([...new Set(page.match(/https?:\/\/[^"\s<]+/g))]).toEqual(['http://www.w3.org/2000/svg']);
  });

  // without a Chromium on the machine there is no browser to open the page in
  test.skipIf(CHROMIUM === undefined)(
    'opens in Chromium without a network',
    () => {
      const shot = join(folder, 'report.png');
      const flags = [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--host-resolver-rules=MAP * ~NOTFOUND',
        '--window-size=1100,1400',
      ];
      execFileSync(
        CHROMIUM ?? '',
        [...flags, `--user-data-dir=${join(folder, 'browser')}`, `--screenshot=${shot}`, `file://${whole.report}`],
        { stdio: 'ignore', timeout: 60_000 },
      );
      const png = readFileSync(shot);
      expect(png.subarray(1, 4).toString()).toBe('PNG');
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1100, 1400]);
      // a blank page of that size compresses to under 10 kB
      expect(png.length).toBeGreaterThan(40_000);
    },
    60_000,
  );
});
