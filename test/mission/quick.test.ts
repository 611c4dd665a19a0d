import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modulePath } from '../../sdk/base/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-mission-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nadir` on the runtime that runs this test, which is the pinned one. */
function nadir(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [modulePath('sdk/cli/main'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

test('the quick mission loses nothing through an outage and a power cut, and says so in one JSON document', async () => {
  const out = join(folder, 'mission');
  const { exitCode, stdout, stderr } = await nadir(['mission', '--quick', '--json', '--seed', '3', '--out', out]);
  expect(exitCode, stderr.slice(-2000)).toBe(0);
  // the whole of standard output is one document
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    version: expect.any(String),
    seed: 3,
    out,
    wallSeconds: expect.any(Number),
    cpuSeconds: expect.any(Number),
    soil: {
      fullScore: expect.any(Number),
      prunedScore: expect.any(Number),
      lossPercent: expect.any(Number),
      features: expect.any(Number),
      bands: expect.any(Number),
    },
    concepts: { named: expect.any(Number) },
    bundle: { bytes: expect.any(Number), fits: true },
    link: { duplicatesArchived: 0, gaps: 0 },
    report: join(out, 'report.html'),
  });
  const { soil, concepts, bundle, link } = document;
  expect(soil.prunedScore).toBeLessThan(1);
  expect(soil.lossPercent).toBeCloseTo(100 * (soil.prunedScore / soil.fullScore - 1), 6);
  expect(concepts.byK.length).toBeGreaterThan(1);
  for (const { k, fvu, cosine } of concepts.byK) {
    expect(k).toBeGreaterThan(0);
    expect(fvu).toBeGreaterThan(0);
    expect(cosine).toBeGreaterThan(0);
    expect(cosine).toBeLessThanOrEqual(1);
  }
  expect(bundle.bytes).toBeGreaterThan(1e6);
  expect(link.produced).toBeGreaterThan(50);
  expect(link.archived).toBe(link.produced);
  expect(link.bytesSent).toBeGreaterThan(0);
  expect(link.powerCuts).toBeGreaterThanOrEqual(1);
  expect(link.outages).toBeGreaterThanOrEqual(1);

  const report = await readFile(document.report, 'utf8');
  // without the pictures, whose bytes may spell anything
  const words = report.replaceAll(/data:image\/jpeg;base64,[A-Za-z0-9+/=]+/g, 'data:');
  for (const text of ['Nothing was lost', 'Pass 1', 'Pass 2', 'power cut', 'outage']) {
    expect(words.includes(text), text).toBe(true);
  }
  expect(/NaN|undefined|Infinity/.exec(words)?.index).toBeUndefined();
  expect(/src="(?!data:)|<script|https?:\/\/(?!www\.w3\.org)/.exec(words)?.index).toBeUndefined();
  for (const file of [
    'mission.json',
    'soil/model.json',
    'concepts/model.json',
    'bundle/manifest.json',
    'flight/board.log',
  ]) {
    expect(existsSync(join(out, file)), file).toBe(true);
  }
  for (const key of ['bundle', 'command']) {
    expect((await stat(join(out, 'keys', `${key}.key.pem`))).mode & 0o777).toBe(0o600);
  }
}, 240_000);

test('wrong usage ends with 2 and one line', async () => {
  const unknown = await nadir(['mission', '--profile', 'no-such-board', '--out', join(folder, 'none')]);
  expect(unknown.exitCode).toBe(2);
  expect(unknown.stdout).toBe('');
  expect(unknown.stderr.trim()).toMatch(/^nadir: .*no-such-board.*$/);
});
