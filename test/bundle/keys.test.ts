import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyIdOf, newKey, parsePublicKey, publicPem, readPrivateKey, readPublicKey } from '../../sdk/bundle/index.ts';
import { scratch } from './sample.ts';

const folder = scratch();

test('a new key pair signs and verifies, and both halves have one id', async () => {
  const made = await newKey(join(await folder(), 'deep', 'er'), 'ground-2');
  expect(made.privateKey).toMatch(/ground-2\.key\.pem$/);
  const secret = await readPrivateKey(made.privateKey);
  const open = await readPublicKey(made.publicKey);
  expect([secret.keyId, open.keyId]).toEqual([made.keyId, made.keyId]);
  const message = Buffer.from('message');
  expect(verify(null, message, open.publicKey, sign(null, message, secret.privateKey))).toBe(true);
});

test('the id is the first 16 hex digits of SHA-256 of the raw public key, which ends the SPKI form', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  expect(keyIdOf(publicKey)).toBe(createHash('sha256').update(raw).digest('hex').slice(0, 16));
  expect(keyIdOf(privateKey)).toBe(keyIdOf(publicKey));
  expect(publicPem(privateKey)).toBe(publicPem(publicKey));
});

test('the private half is for its owner alone, whatever the umask', async () => {
  const umask = process.umask(0);
  try {
    const { privateKey, publicKey } = await newKey(await folder());
    expect((await stat(privateKey)).mode & 0o777).toBe(0o600);
    expect((await stat(publicKey)).mode & 0o777).toBe(0o644);
  } finally {
    process.umask(umask);
  }
});

test.each([0o640, 0o604, 0o620, 0o602, 0o666])('a private key of mode %o is refused', async (mode) => {
  const { privateKey } = await newKey(await folder());
  await chmod(privateKey, mode);
  await expect(readPrivateKey(privateKey)).rejects.toThrow(/open to others.*chmod 600/);
});

test('neither half is ever overwritten, and half a pair is never left behind', async () => {
  const dir = await folder();
  const { privateKey, publicKey } = await newKey(dir);
  const before = [await readFile(privateKey), await readFile(publicKey)];
  await expect(newKey(dir)).rejects.toThrow('exists already and is not overwritten');
  expect([await readFile(privateKey), await readFile(publicKey)]).toEqual(before);

  const other = await folder();
  await writeFile(join(other, 'mission.key.pem'), 'mine');
  await expect(newKey(other)).rejects.toThrow('exists already');
  expect(await readdir(other)).toEqual(['mission.key.pem']);
});

test('a private key is not taken for a public one, nor the other way round', async () => {
  const { privateKey, publicKey } = await newKey(await folder());
  await expect(readPublicKey(privateKey)).rejects.toThrow('not a public key in PEM');
  await chmod(publicKey, 0o600);
  await expect(readPrivateKey(publicKey)).rejects.toThrow('not a private key in PEM');
});

test('other kinds of key, other files and names that would leave the folder are refused in one line', async () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
  expect(() => parsePublicKey(String(rsa), 'rsa.pem')).toThrow('not an Ed25519 key but rsa: rsa.pem');
  expect(() => parsePublicKey('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'x')).toThrow(
    /^not a public key[^\n]*$/,
  );
  await expect(readPublicKey(await folder())).rejects.toThrow('not a key file');
  await expect(readPublicKey('/nowhere/at/all.pem')).rejects.toThrow('cannot read key');
  for (const name of ['../mission', 'a/b', '', '.hidden', 'x'.repeat(65)])
    await expect(newKey(await folder(), name)).rejects.toThrow('key name not allowed');
});
