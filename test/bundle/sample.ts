/** A tiny signed bundle with every kind of place in it: nested folders, two signers, an empty file. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { keyIdOf, type ManifestBody, type SigningKey, type TrustedKey } from '../../sdk/bundle/index.ts';

export function keyPair(): SigningKey & TrustedKey {
  const pair = generateKeyPairSync('ed25519');
  return { keyId: keyIdOf(pair.publicKey), ...pair };
}

export const BODY: ManifestBody = {
  created: null,
  sequence: 3,
  models: [
    {
      name: 'soil',
      path: 'soil/forest.onnx',
      licence: 'Apache-2.0',
      data: { name: 'limesoda', sha256: 'a'.repeat(64), rows: 100 },
      seed: 7,
      note: '',
      parameters: 10,
      weightBytes: 40,
    },
  ],
  parity: [],
  budgets: [],
  licence: 'Apache-2.0',
  uplink: { commandKey: null },
};

export const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ['soil/forest.onnx', Uint8Array.from({ length: 300 }, (_, i) => (i * 37) & 255)],
  ['soil/model.json', Buffer.from('{"kind":"soil"}\n')],
  ['link/dictionary.json', Buffer.from('{"name":"nadir"}\n')],
  ['concepts/empty.txt', new Uint8Array(0)],
]);

/** A new folder for each call, all removed at the end of the test file. */
export function scratch(): () => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    for (const dir of made) await rm(dir, { recursive: true, force: true });
  });
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'nadir-test-'));
    made.push(dir);
    return dir;
  };
}
