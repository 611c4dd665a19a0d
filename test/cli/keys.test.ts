import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readPrivateKey, readPublicKey } from '../../sdk/bundle/index.ts';
import { scratch } from '../bundle/sample.ts';

const folder = scratch();
const nadir = (...args: string[]) => spawnSync(process.execPath, ['bin/nadir.mjs', ...args], { encoding: 'utf8' });

test('nadir keys new makes a pair, says where it is, and does not make it again', async () => {
  const out = await folder();
  const made = nadir('keys', 'new', '--out', out, '--name', 'ground', '--json');
  expect(made.status).toBe(0);
  const { keyId, privateKey, publicKey } = JSON.parse(made.stdout);
  expect((await readPrivateKey(privateKey)).keyId).toBe(keyId);
  expect((await readPublicKey(publicKey)).keyId).toBe(keyId);
  expect((await stat(privateKey)).mode & 0o777).toBe(0o600);
  const again = nadir('keys', 'new', '--out', out, '--name', 'ground');
  expect(again.status).toBe(1);
  expect(again.stdout).toBe('');
  expect(again.stderr).toMatch(/^nadir: key exists already and is not overwritten: [^\n]*\n$/);
});

test('a name that would leave the folder is wrong usage', async () => {
  expect(nadir('keys', 'new', '--out', await folder(), '--name', '../x').status).toBe(2);
});
