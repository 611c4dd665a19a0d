import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { canonicalJson, parseNpz, readNpz, writeNpz } from '../../sdk/base/index.ts';
import { publicPem, verifyBundle } from '../../sdk/bundle/index.ts';
import { openOnnx, type PackOptions, pack, readProfile, writeOnnx } from '../../sdk/compact/index.ts';
import { DICTIONARY, dictionaryHash } from '../../sdk/link/index.ts';
import { keyPair, scratch } from '../bundle/sample.ts';
import { D, writeConcepts, writeEncoder, writeSoil } from './sample-folders.ts';
import { studentModel } from './sample-models.ts';

const folder = scratch();
const key = keyPair();
let options: PackOptions;

beforeEach(async () => {
  const dir = await folder();
  options = {
    soil: await writeSoil(join(dir, 'soil')),
    concepts: await writeConcepts(join(dir, 'concepts')),
    encoder: await writeEncoder(join(dir, 'encoder.onnx')),
    profiles: [await readProfile('jetson-nano')],
    keys: [key],
    commandKey: publicPem(key.publicKey),
    sequence: 5,
    created: null,
    out: join(dir, 'bundle'),
  };
});

async function refusal(change: Partial<PackOptions> = {}): Promise<string> {
  const outcome = await pack({ ...options, ...change }).catch((thrown) => thrown);
  expect(outcome).toMatchObject({ name: 'NadirError' });
  expect(outcome.message).not.toContain('\n');
  expect(await readdir(join(options.out, '..'))).not.toContain('bundle');
  return outcome.message;
}

test('a bundle holds what flies, verified, with proof and provenance', async () => {
  const report = await pack(options);
  const bundle = await verifyBundle(options.out, [key]);
  const { manifest } = bundle;
  expect(report).toMatchObject({ bundle: options.out, id: bundle.id });
  expect(manifest.files.map(({ path }) => path)).toEqual([
    'concepts/encoder.onnx',
    'concepts/model.json',
    'concepts/names.json',
    'concepts/student.onnx',
    'golden/concepts.npz',
    'golden/soil.npz',
    'link/dictionary.json',
    'soil/forest.onnx',
    'soil/model.json',
  ]);
  expect(manifest.models.map(({ name, seed }) => [name, seed])).toEqual([
    ['soil', 1],
    ['encoder', null],
    ['student', 2],
  ]);
  expect(manifest.models[0].data).toEqual({ name: 'sample', sha256: 'ab'.repeat(32), rows: 100 });
  expect(manifest).toMatchObject({ sequence: 5, created: null, uplink: { commandKey: options.commandKey } });
  expect(manifest.parity.map(({ model, rows }) => [model, rows])).toEqual([
    ['soil', 20],
    ['student', 20],
  ]);
  expect(manifest.parity[0].max).toBeLessThan(1e-6);
  expect(manifest.parity[1].max).toBeLessThan(1e-5);
  expect(manifest.budgets).toMatchObject([{ profile: 'jetson-nano', fits: true, reasons: [] }]);
});

test('the golden vectors are rows of the holdouts, and the models in the bundle compute them', async () => {
  await pack(options);
  const bundle = await verifyBundle(options.out, [key]);
  const soil = parseNpz(await bundle.read('golden/soil.npz'), 'golden');
  const whole = await readNpz(join(options.soil, 'holdout.npz'));
  expect(soil.get('features')?.shape).toEqual([16, 3]);
  expect(soil.get('prediction')?.data).toEqual(whole.get('prediction')?.data.slice(0, 32));
  const session = await openOnnx(await bundle.read('soil/forest.onnx'), 'forest');
  const got = await session.run(soil.get('features')?.data as Float32Array, [16, 3], 'estimate');
  const expected = soil.get('prediction')?.data as Float64Array;
  for (const [i, value] of got.entries())
    expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * Math.abs(expected[i]));
  await session.release();
  const concepts = parseNpz(await bundle.read('golden/concepts.npz'), 'golden');
  expect(concepts.get('embeddings')?.shape).toEqual([16, D]);
});

test('the dictionary on board has the hash that its frames carry', async () => {
  await pack(options);
  const bundle = await verifyBundle(options.out, [key]);
  const onBoard = JSON.parse((await bundle.read('link/dictionary.json')).toString());
  expect(dictionaryHash(onBoard)).toEqual(dictionaryHash(DICTIONARY));
});

test('the same input gives the same bundle, byte for byte', async () => {
  const again = join(options.out, '..', 'again');
  const first = await pack(options);
  const second = await pack({ ...options, out: again });
  expect(second.id).toBe(first.id);
  const signature = `signatures/${key.keyId}.sig`;
  for (const file of ['manifest.json', signature])
    expect(await readFile(join(again, file))).toEqual(await readFile(join(options.out, file)));
});

test('a forest that computes something else than its trainer is refused', async () => {
  const path = join(options.soil, 'holdout.npz');
  const arrays = Object.fromEntries(await readNpz(path));
  arrays.prediction.data[7] = Number(arrays.prediction.data[7]) * (1 + 3e-5);
  await writeNpz(path, arrays);
  expect(await refusal()).toMatch(
    /soil model does not compute on onnxruntime-cpu what its trainer computed: worst relative difference [23]\.\d\de-5, allowed 0\.00001/,
  );
});

test('features that model.json does not compute are refused', async () => {
  const path = join(options.soil, 'model.json');
  const model = JSON.parse(await readFile(path, 'utf8'));
  model.features[1].weights = [-1, 1.001];
  await writeFile(path, canonicalJson(model));
  expect(await refusal()).toContain('feature d1@3 of the holdout is not what model.json computes');
});

test('a licence stated by a model is carried, and one that is no SPDX expression is refused', async () => {
  const path = join(options.soil, 'model.json');
  const model = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, canonicalJson({ ...model, licence: 'what you like!' }));
  expect(await refusal()).toContain('licence is not an SPDX expression');
  await writeFile(path, canonicalJson({ ...model, licence: 'CC-BY-4.0' }));
  await pack(options);
  const { manifest } = await verifyBundle(options.out, [key]);
  expect([manifest.models[0].licence, manifest.licence]).toEqual(['CC-BY-4.0', 'CC-BY-4.0 AND NOASSERTION']);
});

test('parts that do not belong together are refused', async () => {
  const encoder = await writeEncoder(join(options.out, '..', 'other.onnx'), D + 1);
  expect(await refusal({ encoder })).toContain(`encoder gives ${D + 1} numbers, the concept model takes ${D}`);
  expect(await refusal({ encoder: join(options.soil, 'forest.onnx') })).toContain('output named embedding');
  await writeFile(join(options.concepts, 'student.onnx'), writeOnnx(studentModel(D, 9, 2)));
  expect(await refusal()).toContain('model gives 180 values where the holdout has 200');
  await writeFile(join(options.concepts, 'names.json'), '{"named":[{"latent":64,"name":"river"}]}');
  expect(await refusal()).toContain('latent 64 is named, but there are only 64');
});

test('a board that is too small is named, with what would have to change', async () => {
  const profile = structuredClone(options.profiles[0]);
  profile.memoryLimitBytes.value = 64 * 2 ** 20;
  const message = await refusal({ profiles: [profile] });
  expect(message).toMatch(
    /bundle does not fit: profile jetson-nano\. Needs \d+\.\d MiB of memory, .* more than the 64\.0 MiB allowed: raise memoryLimitBytes/,
  );
});

test('a cut-off model, holdout or model.json is one clear error each', async () => {
  for (const file of [
    'soil/forest.onnx',
    'soil/holdout.npz',
    'soil/model.json',
    'concepts/student.onnx',
    'concepts/names.json',
  ]) {
    const path = join(options.out, '..', file);
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, whole.length - 7));
    expect(await refusal()).toContain(path);
    await writeFile(path, whole);
  }
  await pack(options);
});
