/** What the tests of the flight runtime fly: a signed bundle of tiny real models, and camera frames. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'jpeg-js';
import { formatNpz, PACKAGE_ROOT, Random } from '../../sdk/base/index.ts';
import { keyIdOf, publicPem, type TrustedKey, writeBundle } from '../../sdk/bundle/index.ts';

const FIXTURES = join(PACKAGE_ROOT, 'test', 'fixtures', 'onboard');
const BANDS = 12;

export interface TinyMission {
  readonly bundle: string;
  readonly trusted: readonly TrustedKey[];
  /** The public key as a file, for the command line. */
  readonly trustFile: string;
  /** Signs commands. */
  readonly commandKey: KeyObject;
}

/** Writes a signed bundle in `dir`. `alter` exchanges files of it before they are signed. */
export async function tinyMission(
  dir: string,
  alter: Readonly<Record<string, Uint8Array>> = {},
  sequence = 1,
): Promise<TinyMission> {
  const signer = generateKeyPairSync('ed25519');
  const command = generateKeyPairSync('ed25519');
  const fixture = (name: string) => readFile(join(FIXTURES, name));
  const files = new Map<string, Uint8Array>([
    ['soil/forest.onnx', await fixture('forest.onnx')],
    ['soil/model.json', await fixture('soil.json')],
    ['golden/soil.npz', await fixture('soil.npz')],
    ['concepts/encoder.onnx', await fixture('encoder.onnx')],
    ['concepts/student.onnx', await fixture('student.onnx')],
    ['concepts/model.json', await fixture('concepts.json')],
    ['golden/concepts.npz', await fixture('concepts.npz')],
    ...Object.entries(alter),
  ]);
  const model = { licence: 'Apache-2.0', data: null, seed: null, note: 'tiny', parameters: 1, weightBytes: 1 };
  const bundle = join(dir, 'bundle');
  await writeBundle(
    bundle,
    {
      created: null,
      sequence,
      models: [{ name: 'soil', path: 'soil/forest.onnx', ...model }],
      parity: [],
      budgets: [],
      licence: 'Apache-2.0',
      uplink: { commandKey: publicPem(command.publicKey) },
    },
    files,
    [{ keyId: keyIdOf(signer.publicKey), privateKey: signer.privateKey }],
  );
  const trustFile = join(dir, 'signer.pub.pem');
  await writeFile(trustFile, publicPem(signer.publicKey));
  const trusted = [{ keyId: keyIdOf(signer.publicKey), publicKey: signer.publicKey }];
  return { bundle, trusted, trustFile, commandKey: command.privateKey };
}

/** A spectral frame [bands, 2, 2] whose mean spectrum is the given one. */
export function spectralFrame(spectrum: readonly number[]): Buffer {
  const data = Float32Array.from(spectrum.flatMap((value) => [value - 0.125, value + 0.125, value, value]));
  const wavelengths = Float64Array.from(spectrum, (_, band) => 462 + 40 * band);
  return formatNpz({
    data: { shape: [spectrum.length, 2, 2], data },
    wavelengths: { shape: [spectrum.length], data: wavelengths },
  });
}

/** A spectral frame by seed. */
export function someSpectralFrame(seed: number): Buffer {
  const random = Random.of(seed, 'spectral frame');
  return spectralFrame(Array.from({ length: BANDS }, () => Math.round(random.uniform() * 64) / 64));
}

/** A JPEG of coloured noise in large blocks. */
export function image(seed: number, edge = 64): Buffer {
  const random = Random.of(seed, 'image');
  const blocks = Array.from({ length: 48 }, () => random.below(256));
  const data = Buffer.alloc(edge * edge * 4, 255);
  for (let y = 0; y < edge; y++) {
    for (let x = 0; x < edge; x++) {
      const block = Math.floor((y * 4) / edge) * 4 + Math.floor((x * 4) / edge);
      for (let c = 0; c < 3; c++) data[(y * edge + x) * 4 + c] = blocks[block * 3 + c];
    }
  }
  return encode({ data, width: edge, height: edge }, 90).data;
}

/** Lets a camera frame appear in a folder as cameras do: whole, by rename. */
export async function deliver(folder: string, name: string, content: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const beside = join(folder, `.${name}.part`);
  await writeFile(beside, content);
  await rename(beside, join(folder, name));
}

/** Resolves when `condition` holds; fails with what it was waiting for after `withinMs`. */
export async function until(what: string, condition: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
