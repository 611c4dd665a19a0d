import { spawnSync } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readPublicKey, verifyBundle } from '../../sdk/bundle/index.ts';
import { newKey } from '../../sdk/bundle/keys.ts';
import { scratch } from '../bundle/sample.ts';
import { writeConcepts, writeEncoder, writeSoil } from '../compact/sample-folders.ts';

const folder = scratch();
let dir: string;
let key: { privateKey: string; publicKey: string };

beforeAll(async () => {
  dir = await folder();
  await writeSoil(join(dir, 'soil'));
  await writeConcepts(join(dir, 'concepts'));
  await writeEncoder(join(dir, 'encoder.onnx'));
  key = await newKey(join(dir, 'keys'));
});

function nadirPack(...more: string[]) {
  const models = [
    '--soil',
    join(dir, 'soil'),
    '--concepts',
    join(dir, 'concepts'),
    '--encoder',
    join(dir, 'encoder.onnx'),
  ];
  return spawnSync(process.execPath, ['bin/nadir.mjs', 'pack', ...models, '--key', key.privateKey, ...more], {
    encoding: 'utf8',
  });
}

test('nadir pack writes a bundle that verifies and says what it proved', async () => {
  const out = join(dir, 'bundle');
  const packed = nadirPack(
    '--profile',
    'jetson-nano,coral-dev-board',
    '--command-key',
    key.publicKey,
    '--out',
    out,
    '--sequence',
    '2',
    '--json',
  );
  expect(packed.status).toBe(0);
  const document = JSON.parse(packed.stdout);
  expect(document).toMatchObject({
    bundle: out,
    out,
    bytes: expect.any(Number),
    budgets: [
      { profile: 'jetson-nano', fits: true, reasons: [], peakBytes: expect.any(Number) },
      { profile: 'coral-dev-board', fits: true, reasons: [], peakBytes: expect.any(Number) },
    ],
    parity: [
      {
        model: 'soil',
        engine: 'onnxruntime-cpu',
        max: expect.any(Number),
        p999: expect.any(Number),
        mean: expect.any(Number),
      },
      {
        model: 'student',
        engine: 'onnxruntime-cpu',
        max: expect.any(Number),
        p999: expect.any(Number),
        mean: expect.any(Number),
      },
    ],
  });
  const bundle = await verifyBundle(out, [await readPublicKey(key.publicKey)]);
  expect(bundle.manifest.sequence).toBe(2);
  expect(bundle.manifest.uplink.commandKey).toContain('BEGIN PUBLIC KEY');
});

test('an unknown board is wrong usage, an open key is refused, and nothing is written', async () => {
  const out = join(dir, 'none');
  const unknown = nadirPack('--profile', 'jetson-nona', '--out', out);
  expect([unknown.status, unknown.stdout]).toEqual([2, '']);
  expect(unknown.stderr).toMatch(/^nadir: no such device profile: "jetson-nona"\. Choose [^\n]*\n$/);
  await chmod(key.privateKey, 0o644);
  const open = nadirPack('--profile', 'jetson-nano', '--out', out);
  await chmod(key.privateKey, 0o600);
  expect(open.status).toBe(1);
  expect(open.stderr).toContain('private key is open to others');
  expect(await readdir(dir)).not.toContain('none');
});
