/** The guide of sdk/concepts/README.md: its commands run as they stand there, in order, on a few of the shipped scenes. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_ROOT, shippedPath } from '../../sdk/base/index.ts';
import { readEmbeddings, SHIPPED_SCENES, SHIPPED_SPLIT } from '../../sdk/concepts/index.ts';
import { encodeRows, readAnySae } from '../../sdk/sae/index.ts';

const ROOM = join(PACKAGE_ROOT, 'sdk/concepts');
const guide = readFileSync(join(ROOM, 'README.md'), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, code]) => code);
const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

/** Scenes of each class that the test takes: names need some to agree on. */
const CLASSES = ['Forest', 'Industrial', 'SeaLake'];
const MOST = { train: 60, holdout: 15 };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nadir-guide-'));
  mkdirSync(join(folder, 'models/eurosat'), { recursive: true });
  symlinkSync(shippedPath('models', 'encoder'), join(folder, 'models/encoder'));
  symlinkSync(SHIPPED_SCENES, join(folder, 'models/eurosat/scenes.zip'));
  writeFileSync(join(folder, 'models/eurosat/scenes.csv'), fewScenes(readFileSync(SHIPPED_SPLIT, 'utf8')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The table of scenes, cut. */
function fewScenes(table: string): string {
  const [header, ...lines] = table.trim().split('\n');
  const few = CLASSES.flatMap((name) =>
    Object.entries(MOST).flatMap(([side, most]) =>
      lines.filter((line) => line.endsWith(`,${name},${side}`)).slice(0, most),
    ),
  );
  return [header, ...few].join('\n');
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

/** A command's words; quotes hold some together. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

test.each(commands)('%s', (command) => {
  const [name, ...args] = wordsOf(command);
  expect(name).toBe('nadir');
  expect(node(shippedPath('sdk', 'cli', 'main.ts'), ...args, '--threads', '1')).not.toBe('');
});

test('every command of concepts has its place in the guide', () => {
  const help = node(shippedPath('sdk', 'cli', 'main.ts'), 'concepts', '--help');
  const known = [...help.split('Commands:')[1].matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
  expect(known).toContain('audit');
  const shown = new Set(commands.map((command) => wordsOf(command)[2]));
  expect(known.filter((name) => name !== 'help' && !shown.has(name))).toEqual([]);
});

test.each([
  ...['concepts/report.html', 'evaluation/pareto.html', 'concepts/dashboard.html', 'hits.html', 'audit/audit.html'],
  'concepts/student.onnx',
])('out/%s is there', (path) => {
  expect(existsSync(join(folder, 'out', path))).toBe(true);
});

test("the library example writes other programs' files, and the same codes come of them", async () => {
  const [code] = blocks('ts');
  const script = join(folder, 'formats.ts');
  writeFileSync(
    script,
    code.replace(/'nadir\/(\w+)'/g, (_, room) => `'${PACKAGE_ROOT}/sdk/${room}/index.ts'`),
  );
  node(script);
  const { data, d } = await readEmbeddings(join(folder, 'out/holdout'));
  const [ours, ...theirs] = await Promise.all(
    ['out/concepts', 'out/sae-lens', 'out/params.npz'].map(async (path) => {
      const { weights } = await readAnySae(join(folder, path));
      return encodeRows(weights, data.subarray(0, 5 * d), 8).map(({ latents }) => latents);
    }),
  );
  expect(theirs).toEqual([ours, ours]);
});

test('links only to files that exist', () => {
  for (const [, path] of guide.matchAll(/\]\(([^)h][^)]*)\)/g)) expect(existsSync(join(ROOM, path)), path).toBe(true);
});
