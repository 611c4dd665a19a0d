/** Ed25519 keys (RFC 8032) as PEM files: the private half readable by its owner alone, neither half ever overwritten. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NadirError } from '../base/index.ts';

/** A key that signs. */
export interface SigningKey {
  /** First 16 hex digits of SHA-256 of the raw 32-byte public key. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
}

/** A key whose signatures are believed. */
export interface TrustedKey {
  /** First 16 hex digits of SHA-256 of the raw 32-byte public key. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
}

const MAX_KEY_FILE_BYTES = 4096;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Identifies a key by its public half: first 16 hex digits of SHA-256 of the raw 32 bytes. Takes either half. */
export function keyIdOf(key: KeyObject): string {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  return createHash('sha256')
    .update(Buffer.from(x ?? '', 'base64url'))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Makes a key pair: `{name}.key.pem` (PKCS #8, mode 600) and `{name}.pub.pem` (SPKI) in `dir`, which is made where it is missing.
 * Refuses names with other characters than letters, digits, `-` and `_`, and never overwrites a file.
 */
export async function newKey(
  dir: string,
  name = 'mission',
): Promise<{ keyId: string; privateKey: string; publicKey: string }> {
  if (!NAME.test(name)) {
    throw new NadirError({
      what: 'key name not allowed',
      where: JSON.stringify(name.slice(0, 80)),
      remedy: 'Use letters, digits, - and _',
      exitCode: 2,
    });
  }
  const pair = generateKeyPairSync('ed25519');
  const privateKey = join(dir, `${name}.key.pem`);
  const publicKey = join(dir, `${name}.pub.pem`);
  await mkdir(dir, { recursive: true });
  await writeNew(publicKey, pair.publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  try {
    await writeNew(privateKey, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
  } catch (thrown) {
    await rm(publicKey);
    throw thrown;
  }
  return { keyId: keyIdOf(pair.publicKey), privateKey, publicKey };
}

/** Reads a private key. Refuses a file that its group or others may read, write or run, as ssh does. */
export async function readPrivateKey(path: string): Promise<SigningKey> {
  const { text, mode } = await readKeyFile(path);
  if (mode & 0o077) {
    throw new NadirError({
      what: `private key is open to others (mode ${(mode & 0o777).toString(8)})`,
      where: path,
      remedy: `Run "chmod 600 ${path}", and make a new key if somebody else may have read it`,
    });
  }
  return { ...parse(text, path, 'private') };
}

/** Reads a public key file. */
export async function readPublicKey(path: string): Promise<TrustedKey> {
  return parsePublicKey((await readKeyFile(path)).text, path);
}

/** Parses a public key in PEM. `where` names it in errors. */
export function parsePublicKey(pem: string, where: string): TrustedKey {
  const { keyId, publicKey } = parse(pem, where, 'public');
  return { keyId, publicKey };
}

/** The one PEM spelling of a public key. */
export function publicPem(key: KeyObject): string {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'pem' }).toString();
}

function parse(pem: string, where: string, half: 'public' | 'private') {
  const wrong = (what: string, cause?: unknown) =>
    new NadirError({ what, where, remedy: 'Make one with "nadir keys new --out DIR"', cause });
  // createPublicKey would also take a private key and hand out its public half: that file must not travel as a public key.
  if (pem.includes('PRIVATE KEY') !== (half === 'private')) throw wrong(`not a ${half} key in PEM`);
  let key: KeyObject;
  try {
    key = half === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw wrong(`not a ${half} key in PEM`, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw wrong(`not an Ed25519 key but ${key.asymmetricKeyType}`);
  return { keyId: keyIdOf(key), privateKey: key, publicKey: key };
}

async function readKeyFile(path: string): Promise<{ text: string; mode: number }> {
  try {
    // Mode and content come from the same open file, so that neither can be swapped in between
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile() || info.size > MAX_KEY_FILE_BYTES) {
        throw new NadirError({ what: 'not a key file', where: path, remedy: 'Give the path of a PEM file' });
      }
      return { text: await file.readFile('utf8'), mode: info.mode };
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof NadirError) throw cause;
    throw new NadirError({
      what: 'cannot read key',
      where: path,
      remedy: 'Check that it exists and is yours, or make one with "nadir keys new --out DIR"',
      cause,
    });
  }
}

async function writeNew(path: string, content: string | Buffer, mode: number): Promise<void> {
  try {
    const file = await open(path, 'wx', mode);
    try {
      await file.chmod(mode); // whatever the umask
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new NadirError({
      what: exists ? 'key exists already and is not overwritten' : 'cannot write key',
      where: path,
      remedy: exists ? 'Choose another --out or --name' : 'Check that the folder is writable',
      cause,
    });
  }
}
