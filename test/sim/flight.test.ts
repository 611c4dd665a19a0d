import { createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'jpeg-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random, readNpz, shippedPath, toFloat32 } from '../../sdk/base/index.ts';
import { newKey, publicPem, readPrivateKey, writeBundle } from '../../sdk/bundle/index.ts';
import { fly } from '../../sim/flight.ts';
import { QUICK_SCENARIO, type Scenario } from '../../sim/scenario.ts';

/** The flight runtime's own tiny models: what is tested here is the flight, not what the models see. */
const MODELS = [
  'soil.json',
  'soil.npz',
  'forest.onnx',
  'concepts.json',
  'concepts.npz',
  'encoder.onnx',
  'student.onnx',
];
const PLACES = [
  'soil/model.json',
  'golden/soil.npz',
  'soil/forest.onnx',
  'concepts/model.json',
  'golden/concepts.npz',
  'concepts/encoder.onnx',
  'concepts/student.onnx',
];
const MIB = 2 ** 20;

let folder: string;
let parts: Awaited<ReturnType<typeof makeParts>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-flight-'));
  parts = await makeParts();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function makeParts() {
  const keys = await newKey(join(folder, 'keys'));
  const signer = await readPrivateKey(keys.privateKey);
  const files = new Map<string, Uint8Array>();
  for (const [i, model] of MODELS.entries()) {
    files.set(PLACES[i], await readFile(shippedPath('test', 'fixtures', 'onboard', model)));
  }
  const body = {
    created: null,
    sequence: 1,
    models: [
      {
        name: 'soil',
        path: 'soil/forest.onnx',
        licence: 'Apache-2.0',
        data: null,
        seed: null,
        note: 'tiny, for tests',
        parameters: 1,
        weightBytes: 1,
      },
    ],
    parity: [],
    budgets: [],
    licence: 'Apache-2.0',
    uplink: { commandKey: publicPem(createPublicKey(signer.privateKey)) },
  };
  const bundle = join(folder, 'bundle');
  await writeBundle(bundle, body, files, [signer]);

  const random = Random.of(1, 'images');
  await mkdir(join(folder, 'images'), { recursive: true });
  const images: string[] = [];
  for (let i = 0; i < 12; i++) {
    const data = Uint8Array.from({ length: 64 * 64 * 4 }, () => random.below(256));
    const path = join(folder, 'images', `noise_${i}.jpg`);
    await writeFile(path, encode({ width: 64, height: 64, data }, 80).data);
    images.push(path);
  }
  const golden = (await readNpz(shippedPath('test', 'fixtures', 'onboard', 'soil.npz'))).get('spectra');
  const model = JSON.parse(await readFile(shippedPath('test', 'fixtures', 'onboard', 'soil.json'), 'utf8'));
  if (!golden) throw new Error('no golden spectra');
  return {
    bundle,
    trustedKey: keys.publicKey,
    commandKey: signer.privateKey,
    source: {
      images,
      readImage: (name: string) => readFile(name),
      spectra: toFloat32(golden),
      wavelengthsNm: Float64Array.from(model.wavelengthsNm),
    },
  };
}

test('a flight with outages, a power cut and a link too slow for one pass loses nothing and archives nothing twice', async () => {
  const scenario: Scenario = {
    ...QUICK_SCENARIO,
    link: { downBytesPerSecond: 25, upBytesPerSecond: 60, delayMs: 2 },
    clockRate: 100,
    passes: [
      {
        images: 20,
        patches: 60,
        events: [
          { kind: 'outage', atShare: 0.1, seconds: 60 },
          { kind: 'powerCut', atShare: 0.25 },
        ],
      },
      { images: 4, patches: 4, events: [{ kind: 'outage', atShare: 0.3, seconds: 30 }] },
    ],
  };
  const outcome = await fly({
    ...parts,
    scenario,
    seed: 5,
    folder: join(folder, 'flight'),
    profile: 'jetson-nano',
    memoryLimitBytes: 512 * MIB,
    progress: { log: () => {} },
  });
  const { audit, passes } = outcome;
  // two layers an image, one estimate a patch, at least
  expect(audit.produced).toBeGreaterThanOrEqual(24 + 64);
  expect(audit).toMatchObject({ archived: audit.produced, duplicatesArchived: 0, gaps: 0, strangers: 0 });
  expect(outcome).toMatchObject({ boots: 2, powerCuts: 1, outages: 2, quarantined: 0, failedScenes: 0 });
  expect(outcome.scenes.length).toBe(88);
  expect(outcome.peakRssBytes).toBeLessThan(512 * MIB);

  // 25 bytes a second for 450 s cannot carry 15 kB
  const [first, ...rest] = passes;
  expect(rest.length).toBeGreaterThan(0);
  expect(first.waitingFrames).toBeGreaterThan(0);
  const events = passes.flatMap((pass) => pass.events);
  expect(events.map(({ kind }) => kind).sort()).toEqual(['outage', 'outage', 'powerCut']);
  for (const event of events) expect(event.untilMs).toBeGreaterThan(event.fromMs);
  expect(passes.at(-1)?.waitingFrames).toBe(0);
  expect(passes.reduce((sum, pass) => sum + pass.acknowledgedFrames, 0)).toBe(audit.produced);
  for (const pass of passes) {
    expect(pass.sentFrames - pass.retransmittedFrames).toBeLessThanOrEqual(audit.produced);
    expect(pass.downBytes).toBeGreaterThan(0);
    // no faster than the link's rate over the whole pass, with one burst an opening
    const seconds = (pass.losMs - pass.aosMs) / 1000;
    expect(pass.downBytes).toBeLessThanOrEqual(25 * seconds * 1.05 + 10_000);
  }
  // every scene has come, each camera frame once
  expect(new Set(passes.at(-1)?.received.map(({ source }) => source)).size).toBe(88);
}, 120_000);

test('a flight with the wrong bundle key fails in one line that names the board log', async () => {
  const other = await newKey(join(folder, 'other-keys'));
  const command = await readPrivateKey(other.privateKey);
  await expect(
    fly({
      bundle: parts.bundle,
      trustedKey: other.publicKey,
      commandKey: command.privateKey,
      source: parts.source,
      scenario: { ...QUICK_SCENARIO, passes: [{ images: 0, patches: 1, events: [] }] },
      seed: 5,
      folder: join(folder, 'refused'),
      profile: 'jetson-nano',
      memoryLimitBytes: 512 * MIB,
      progress: { log: () => {} },
    }),
  ).rejects.toThrow(/board has ended by itself, with exit code 1 .*board\.log/);
}, 60_000);

test('a board that needs more memory than its profile has fails the flight and says so', async () => {
  await expect(
    fly({
      ...parts,
      scenario: { ...QUICK_SCENARIO, passes: [{ images: 1, patches: 1, events: [] }] },
      seed: 5,
      folder: join(folder, 'small'),
      profile: 'jetson-nano',
      memoryLimitBytes: 60 * MIB,
      progress: { log: () => {} },
    }),
  ).rejects.toThrow(/more memory than its limit of 62914560 bytes.*board\.log/);
}, 60_000);
