/** The guides of sdk/spectra/README.md, run as they stand there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT, readNpz, shippedPath } from '../../sdk/base/index.ts';
import { resolveDataset } from '../../sdk/spectra/index.ts';
import { syntheticPatch, writeHyperviewFolder } from './hyperview-folders.ts';

const guides = readFileSync(join(PACKAGE_ROOT, 'sdk/spectra/README.md'), 'utf8');

/** Commands of the guide under a heading. */
function commandsOf(heading: string): string[] {
  const section = guides.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return (/```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '').trim().split('\n');
}

/** Runs a command of a guide in a folder; gives its JSON document. */
function run(folder: string, line: string) {
  const [name, ...args] = line.split(' ');
  expect(name).toBe('nadir');
  const command = [join(PACKAGE_ROOT, 'sdk/cli/main.ts'), ...args, '--json'];
  const printed = execFileSync(process.execPath, command, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(printed);
}

test('a HYPERVIEW folder becomes features, the winning model and a small one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-guide-'));
  const small = (index: number) => (index % 2 === 0 ? 8 + (index % 5) : 14);
  writeHyperviewFolder(join(folder, 'hyperview'), 40, (index) =>
    syntheticPatch(5, index, [small(index), small(index)]),
  );
  writeFileSync(join(folder, 'hyperview', '7.npz'), 'not a patch');
  const [features, train, prune] = commandsOf('Bring your HYPERVIEW folder');
  const made = run(folder, features);
  expect(made.n).toBe(39);
  expect(made.skipped).toEqual([{ file: expect.stringContaining('7.npz'), reason: expect.stringContaining('7.npz') }]);
  expect(readFileSync(join(folder, made.names), 'utf8').trim().split('\n')).toHaveLength(2400);
  // without --skip-bad the same patch ends the command by name
  expect(() => run(folder, train)).toThrow(expect.objectContaining({ status: 1 }));
  writeFileSync(join(folder, 'hyperview', '7.npz'), readFileSync(join(folder, 'hyperview', '8.npz')));
  expect(Object.keys(run(folder, train).score.perTarget)).toEqual(['P', 'K', 'Mg', 'pH']);
  expect(run(folder, prune).curve.map(({ keep }: { keep: number }) => keep)).toEqual([12, 24]);
});

test('a table becomes models, an explanation and a red-team report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-guide-'));
  copyFileSync(resolveDataset('tropical'), join(folder, 'my-soils.csv'));
  const [pls, forest, explain, redteam] = commandsOf("Bring your spectrometer's table");
  expect(run(folder, pls).score.perTarget.exK.r2).toBeGreaterThan(0.5);
  // a field held out is worse than random rows of all fields
  expect(run(folder, forest).validation.random.gap).toBeGreaterThan(0);
  expect(run(folder, explain).bands).toHaveLength(150);
  expect(run(folder, redteam).findings.length).toBeGreaterThan(18);
});

test('a frame becomes a map with intervals and a mask of where the model does not apply', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nadir-guide-'));
  copyFileSync(shippedPath('models', 'frames', 'hysu_vnir.npz'), join(folder, 'scene.npz'));
  const [prune, map] = commandsOf('Map a frame');
  run(folder, prune);
  const made = run(folder, map);
  expect(made.maps.map(({ target }: { target: string }) => target)).toEqual(['pH', 'clay', 'SOC']);
  for (const { png } of made.maps) expect(readFileSync(join(folder, png)).readUInt32BE(0)).toBe(0x89504e47);
  const arrays = await readNpz(join(folder, made.arrays));
  const [estimate, halfWidth, distance] = ['estimate', 'halfWidth', 'distance'].map((name) => arrays.get(name));
  expect(estimate?.shape).toEqual([3, 44, 62]);
  expect(halfWidth?.data.every((width) => Number(width) > 0)).toBe(true);
  // grass, metal and cloth are no bare soil
  const unlike = [...(distance?.data ?? [])].filter((value) => Number(value) > 1).length / (44 * 62);
  expect(unlike).toBeCloseTo(made.outOfDistribution.pixels, 10);
  expect(unlike).toBeGreaterThan(0.5);
  expect(existsSync(join(folder, made.report))).toBe(true);
});
