import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson, NadirError, Random, sha256 } from '../../sdk/base/index.ts';
import { type Manifest, publicPem, verifyBundle, writeBundle } from '../../sdk/bundle/index.ts';
import { BODY, FILES, keyPair, scratch } from './sample.ts';

const folder = scratch();
const key = keyPair();
const second = keyPair();
const stranger = keyPair();
let dir: string;

beforeEach(async () => {
  dir = join(await folder(), 'bundle');
  await writeBundle(dir, BODY, FILES, [key, second]);
});

async function refusal(trusted = [key]): Promise<NadirError> {
  const outcome = await verifyBundle(dir, trusted).catch((thrown) => thrown);
  expect(outcome).toBeInstanceOf(NadirError);
  expect(outcome.message).not.toContain('\n');
  return outcome;
}

/** Writes a manifest that the trusted key really signed, whatever is in it. */
async function signAnyway(content: string | Buffer): Promise<void> {
  const bytes = Buffer.from(content);
  await writeFile(join(dir, 'manifest.json'), bytes);
  await rm(join(dir, 'signatures'), { recursive: true });
  await mkdir(join(dir, 'signatures'));
  await writeFile(join(dir, 'signatures', `${key.keyId}.sig`), sign(null, bytes, key.privateKey));
}

async function changedManifest(change: (manifest: Manifest) => unknown): Promise<string> {
  const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as Manifest;
  manifest.signers = [{ keyId: key.keyId, publicKey: publicPem(key.publicKey) }];
  return canonicalJson(change(manifest));
}

test('a whole bundle is taken by whoever trusts one of its keys', async () => {
  expect((await verifyBundle(dir, [key])).signedBy).toEqual([key.keyId]);
  expect((await verifyBundle(dir, [stranger, second])).signedBy).toEqual([second.keyId]);
});

test('any bit flipped in any byte of any file is refused, naming that file', async () => {
  const random = Random.of(11, 'bit flips');
  const files = [...FILES.keys(), 'manifest.json', `signatures/${key.keyId}.sig`, `signatures/${second.keyId}.sig`];
  let flips = 0;
  for (const name of files) {
    const path = join(dir, name);
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 1 << random.below(8);
      await writeFile(path, damaged);
      const error = await refusal();
      expect(error.where).toMatch(name === 'manifest.json' || name.startsWith('signatures') ? /signatures/ : name);
      flips++;
    }
    await writeFile(path, whole);
  }
  expect(flips).toBeGreaterThan(2000);
  await verifyBundle(dir, [key]);
});

test('a large file with bits flipped here and there is refused', async () => {
  const large = Buffer.alloc(3 << 20, 'model');
  await writeBundle(dir, BODY, new Map([...FILES, ['concepts/encoder.onnx', large]]), [key]);
  const random = Random.of(12, 'bit flips');
  const path = join(dir, 'concepts/encoder.onnx');
  const places = [
    0,
    1 << 20,
    (1 << 20) - 1,
    large.length - 1,
    ...Array.from({ length: 20 }, () => random.below(large.length)),
  ];
  for (const at of places) {
    const damaged = Buffer.from(large);
    damaged[at] ^= 1 << random.below(8);
    await writeFile(path, damaged);
    expect((await refusal()).what).toBe('file was altered');
  }
});

test('a file cut off, grown, missing, added, or turned into something else is refused', async () => {
  const model = join(dir, 'soil/model.json');
  const whole = await readFile(model);
  for (let length = 0; length < whole.length; length++) {
    await writeFile(model, whole);
    await truncate(model, length);
    expect((await refusal()).message).toContain(`file has ${length} bytes instead of ${whole.length}: ${model}`);
  }
  await writeFile(model, Buffer.concat([whole, Buffer.from(' ')]));
  expect((await refusal()).what).toContain('instead of');
  await rm(model);
  expect((await refusal()).what).toBe('file of the bundle is missing');
  await mkdir(model);
  expect((await refusal()).where).toBe(model);
  await rm(model, { recursive: true });
  execFileSync('mkfifo', [model]);
  expect((await refusal()).where).toBe(model);
  await rm(model);
  await writeFile(model, whole);
  await verifyBundle(dir, [key]);
  for (const extra of ['extra.bin', 'soil/extra.bin', 'signatures/extra.sig', `signatures/${stranger.keyId}.sig`]) {
    await writeFile(join(dir, extra), Buffer.alloc(64));
    expect((await refusal()).where).toBe(join(dir, extra));
    await rm(join(dir, extra));
  }
  await mkdir(join(dir, 'spare'));
  expect((await refusal()).what).toBe('file does not belong to the bundle');
});

test('links are refused even where they lead to the right bytes', async () => {
  const elsewhere = await folder();
  for (const name of ['soil/model.json', 'manifest.json', `signatures/${key.keyId}.sig`, 'soil', 'signatures']) {
    await rename(join(dir, name), join(elsewhere, 'moved'));
    await symlink(join(elsewhere, 'moved'), join(dir, name));
    const error = await refusal();
    expect(error.what).toMatch(/links are not allowed|has no signatures/);
    await rm(join(dir, name));
    await rename(join(elsewhere, 'moved'), join(dir, name));
  }
  await verifyBundle(dir, [key]);
});

test('a bundle of an unknown key, of no key, or with a signature taken away is refused', async () => {
  expect((await refusal([stranger])).what).toBe('no valid signature by a trusted key');
  expect((await refusal([])).what).toBe('no valid signature by a trusted key');
  await rm(join(dir, 'signatures', `${second.keyId}.sig`));
  expect((await refusal()).what).toBe('signature is missing');
  await rm(join(dir, 'signatures'), { recursive: true });
  expect((await refusal()).what).toBe('bundle has no signatures');
  await rm(dir, { recursive: true });
  expect((await refusal()).what).toBe('file of the bundle is missing');
});

test('a bundle older than what is on board is refused, the same one and newer ones are not', async () => {
  await verifyBundle(dir, [key], { minSequence: 3 });
  await expect(verifyBundle(dir, [key], { minSequence: 4 })).rejects.toThrow(
    'older (sequence 3) than what is on board (4)',
  );
});

test('a file altered after the bundle was verified is not handed out', async () => {
  const bundle = await verifyBundle(dir, [key]);
  const path = join(dir, 'soil/model.json');
  const whole = await readFile(path);
  await writeFile(path, Buffer.from(whole).reverse());
  await expect(bundle.read('soil/model.json')).rejects.toThrow('file was altered');
  await writeFile(path, 'short');
  await expect(bundle.read('soil/model.json')).rejects.toThrow('instead of');
  await writeFile(path, whole);
  expect(await bundle.read('soil/model.json')).toEqual(whole);
  await expect(bundle.read('manifest.json')).rejects.toThrow('not a file of the bundle');
  await expect(bundle.read('../../../etc/passwd')).rejects.toThrow('not a file of the bundle');
});

describe('a manifest that a trusted key signed is still refused', () => {
  const file = (path: string) => ({ path, bytes: 0, sha256: sha256('') });
  test.each<[string, (manifest: Manifest) => unknown]>([
    ['when a path climbs out', (m) => ({ ...m, files: [file('../outside'), ...m.files] })],
    ['when a path climbs out in its middle', (m) => ({ ...m, files: [...m.files, file('soil/../../outside')] })],
    ['when a path is absolute', (m) => ({ ...m, files: [file('/etc/passwd'), ...m.files] })],
    ['when a path has a backslash', (m) => ({ ...m, files: [...m.files, file('x\\y')] })],
    ['when a path has a zero byte', (m) => ({ ...m, files: [...m.files, file('soil/x\0')] })],
    ['when files are listed twice', (m) => ({ ...m, files: [...m.files, m.files[m.files.length - 1]] })],
    ['when a size is far too large', (m) => ({ ...m, files: [{ ...m.files[0], bytes: 2 ** 40 }] })],
    ['when sizes are too large together', (m) => ({ ...m, files: m.files.map((f) => ({ ...f, bytes: 2 ** 28 })) })],
    ['when a size is negative', (m) => ({ ...m, files: [{ ...m.files[0], bytes: -1 }] })],
    ['when the schema is of another version', (m) => ({ ...m, schemaVersion: 2 })],
    ['when it has a key that nobody knows', (m) => ({ ...m, run: 'rm -rf /' })],
    ['when a model has no file', (m) => ({ ...m, models: [{ ...m.models[0], path: 'soil/other.onnx' }] })],
    [
      'when a signer is not who it says',
      (m) => ({ ...m, signers: [{ ...m.signers[0], publicKey: publicPem(stranger.publicKey) }] }),
    ],
    ['when it names no signers', (m) => ({ ...m, signers: [] })],
  ])('%s', async (_, change) => {
    await signAnyway(await changedManifest(change));
    const error = await refusal();
    expect(error.what).toMatch(/^(manifest is not valid|signature is wrong)/);
  });

  test('when it is JSON in another spelling, not UTF-8, not JSON or huge', async () => {
    const good = await changedManifest((manifest) => manifest);
    await signAnyway(good);
    await verifyBundle(dir, [key]);
    for (const spelling of [
      good.trimEnd(),
      JSON.stringify(JSON.parse(good)),
      `\uFEFF${good}`,
      good.replace('"sequence": 3', '"sequence": 9,\n  "sequence": 3'),
      Buffer.concat([Buffer.from(good), Buffer.from([0xff])]),
      '[]',
      'null',
      '',
      '['.repeat(100_000),
    ]) {
      await signAnyway(spelling);
      expect((await refusal()).where).toContain('manifest.json');
    }
    await signAnyway(Buffer.alloc((1 << 20) + 1, ' '));
    expect((await refusal()).what).toContain('instead of at most');
  });

  test('whatever a value of it is replaced by (fuzz)', async () => {
    const good = JSON.parse(await changedManifest((manifest) => manifest));
    const places = paths(good);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), async (place, value) => {
        const manifest = structuredClone(good);
        put(manifest, place, value);
        await signAnyway(canonicalJson(manifest));
        const outcome = await verifyBundle(dir, [key]).catch((thrown) => thrown);
        // Either one clear error, or the value is one that its place allows: then the files are still exactly the signed ones
        if (!(outcome instanceof NadirError)) expect(outcome.manifest.files).toEqual(good.files);
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

test('arbitrary bytes for a manifest and its signature are refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      async (head, signature) => {
        await writeFile(join(dir, 'manifest.json'), head);
        await writeFile(join(dir, 'signatures', `${key.keyId}.sig`), signature);
        await refusal();
      },
    ),
    { seed: 6, numRuns: 100 },
  );
  expect(await readdir(join(dir, '..'))).toEqual(['bundle']);
});

type Place = readonly (string | number)[];

function paths(value: unknown, at: Place = []): Place[] {
  if (value === null || typeof value !== 'object') return [at];
  return [
    ...(at.length > 0 ? [at] : []),
    ...Object.entries(value).flatMap(([name, item]) => paths(item, [...at, name])),
  ];
}

function put(value: unknown, place: Place, to: unknown): void {
  let holder = value as Record<string | number, unknown>;
  for (const name of place.slice(0, -1)) holder = holder[name] as Record<string | number, unknown>;
  holder[place[place.length - 1]] = to;
}
