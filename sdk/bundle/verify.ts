/**
 * Decides whether a bundle may be used: signatures first, then the manifest they cover, then every file. Nothing is parsed before
 * a trusted key has signed it, and what is handed out later is hashed again on the very bytes handed out.
 */
import { createHash, verify } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NadirError, sha256 } from '../base/index.ts';
import { parsePublicKey, type TrustedKey } from './keys.ts';
import { foldersOf, LIMITS, MANIFEST, type Manifest, parseManifest, SIGNATURE_BYTES, SIGNATURES } from './manifest.ts';

const REMEDY = 'Do not use this bundle: copy it again, or pack and sign it again';
const PIECE_BYTES = 1 << 20;

/** A bundle that was found to be exactly what a trusted key signed. */
export interface VerifiedBundle {
  readonly dir: string;
  /** SHA-256 of manifest.json: the bundle's identity. */
  readonly id: string;
  readonly manifest: Manifest;
  /** Trusted keys that signed it. */
  readonly signedBy: readonly string[];
  /** Content of a file of the manifest. The hash is checked on the returned bytes, however the folder changed since. */
  read(path: string): Promise<Buffer>;
}

/**
 * Verifies a bundle folder: at least one signature by a trusted key and every signature right; no file altered, missing, added or too
 * large; no links; not older than `minSequence`. Throws one NadirError that names the file at fault.
 */
export async function verifyBundle(
  dir: string,
  trusted: readonly TrustedKey[],
  options: { readonly minSequence?: number } = {},
): Promise<VerifiedBundle> {
  try {
    const head = await readExactly(dir, MANIFEST, LIMITS.manifestBytes);
    const signatures = await readSignatures(dir);
    const signedBy = trusted
      .filter((key) => {
        const signature = signatures.get(key.keyId);
        return signature !== undefined && verify(null, head, key.publicKey, signature);
      })
      .map((key) => key.keyId);
    if (signedBy.length === 0) {
      throw refused('no valid signature by a trusted key', join(dir, SIGNATURES));
    }
    const manifest = parseManifest(head, join(dir, MANIFEST));
    checkSigners(dir, manifest, head, signatures);
    if (options.minSequence !== undefined && manifest.sequence < options.minSequence) {
      throw refused(
        `bundle is older (sequence ${manifest.sequence}) than what is on board (${options.minSequence})`,
        join(dir, MANIFEST),
        'Pack it again with a higher --sequence',
      );
    }
    await checkTree(dir, manifest);
    const files = new Map(manifest.files.map((file) => [file.path, file]));
    for (const file of manifest.files) await checkFile(dir, file);
    return {
      dir,
      id: sha256(head),
      manifest,
      signedBy,
      async read(path) {
        const file = files.get(path);
        if (!file) throw refused('not a file of the bundle', join(dir, path), 'Read only what the manifest lists');
        const content = await readExactly(dir, path, file.bytes, file.bytes);
        if (sha256(content) !== file.sha256) throw refused('file was altered', join(dir, path));
        return content;
      },
    };
  } catch (thrown) {
    if (thrown instanceof NadirError) throw thrown;
    throw refused(`bundle cannot be read (${messageOf(thrown)})`, dir, REMEDY, thrown);
  }
}

async function readSignatures(dir: string): Promise<Map<string, Buffer>> {
  const folder = join(dir, SIGNATURES);
  if (!(await lstatOf(folder))?.isDirectory()) throw refused('bundle has no signatures', folder);
  const names = await readdir(folder);
  if (names.length > LIMITS.signers) throw refused(`${names.length} signatures are too many`, folder);
  const signatures = new Map<string, Buffer>();
  for (const name of names) {
    const keyId = /^([0-9a-f]{16})\.sig$/.exec(name)?.[1];
    if (!keyId) throw refused('file does not belong to the bundle', join(folder, name));
    signatures.set(keyId, await readExactly(dir, `${SIGNATURES}/${name}`, SIGNATURE_BYTES, SIGNATURE_BYTES));
  }
  return signatures;
}

/** The signed manifest names all who sign, with their keys: each signature must be there and right, also those of keys not trusted here. */
function checkSigners(dir: string, manifest: Manifest, head: Buffer, signatures: ReadonlyMap<string, Buffer>): void {
  for (const signer of manifest.signers) {
    const where = join(dir, SIGNATURES, `${signer.keyId}.sig`);
    const key = parsePublicKey(signer.publicKey, join(dir, MANIFEST));
    const signature = signatures.get(signer.keyId);
    if (!signature) throw refused('signature is missing', where);
    if (key.keyId !== signer.keyId || !verify(null, head, key.publicKey, signature)) {
      throw refused('signature is wrong', where);
    }
  }
  const named = new Set(manifest.signers.map((signer) => signer.keyId));
  for (const keyId of signatures.keys()) {
    if (!named.has(keyId))
      throw refused('signature does not belong to the bundle', join(dir, SIGNATURES, `${keyId}.sig`));
  }
}

/** Everything in the folder must be a plain file of the manifest or a folder on the way to one. */
async function checkTree(dir: string, manifest: Manifest): Promise<void> {
  const files = new Set([MANIFEST, ...manifest.files.map((file) => file.path)]);
  const folders = new Set([...files].flatMap(foldersOf));
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(dir, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (path === SIGNATURES) continue; // checked before
      if (entry.isFile() && files.has(path)) continue;
      if (entry.isDirectory() && folders.has(path)) await walk(path);
      else if (entry.isSymbolicLink()) throw refused('links are not allowed in a bundle', join(dir, path));
      else throw refused('file does not belong to the bundle', join(dir, path));
    }
  };
  await walk('');
}

/** Hashes a file in pieces: a board never holds a whole encoder in memory only to check it. */
async function checkFile(dir: string, file: Manifest['files'][number]): Promise<void> {
  const where = join(dir, file.path);
  const handle = await openPlain(dir, file.path, file.bytes, file.bytes);
  try {
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(1, file.bytes)));
    for (let left = file.bytes; left > 0; ) {
      const { bytesRead } = await handle.read(piece, 0, Math.min(left, piece.length));
      if (bytesRead === 0) throw refused('file is cut off', where);
      hash.update(piece.subarray(0, bytesRead));
      left -= bytesRead;
    }
    if (hash.digest('hex') !== file.sha256) throw refused('file was altered', where);
  } finally {
    await handle.close();
  }
}

async function readExactly(dir: string, path: string, maxBytes: number, bytes?: number): Promise<Buffer> {
  const handle = await openPlain(dir, path, maxBytes, bytes);
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) throw refused(`file of ${size} bytes is too large`, join(dir, path));
    const content = Buffer.alloc(size);
    let at = 0;
    while (at < size) {
      const { bytesRead } = await handle.read(content, at, size - at);
      if (bytesRead === 0) throw refused('file is cut off', join(dir, path));
      at += bytesRead;
    }
    return content;
  } finally {
    await handle.close();
  }
}

async function openPlain(dir: string, path: string, maxBytes: number, bytes?: number): Promise<FileHandle> {
  const where = join(dir, path);
  let handle: FileHandle;
  try {
    // NOFOLLOW refuses a link, NONBLOCK keeps a named pipe from holding us
    handle = await open(where, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw refused('file of the bundle is missing', where, REMEDY, cause);
    if (code === 'ELOOP') throw refused('links are not allowed in a bundle', where, REMEDY, cause);
    throw refused(`file of the bundle cannot be read (${code})`, where, REMEDY, cause);
  }
  const info = await handle.stat();
  const fault = !info.isFile()
    ? 'not a plain file'
    : info.size > maxBytes || (bytes !== undefined && info.size !== bytes)
      ? `file has ${info.size} bytes instead of ${bytes ?? `at most ${maxBytes}`}`
      : undefined;
  if (fault === undefined) return handle;
  await handle.close();
  throw refused(fault, where);
}

async function lstatOf(path: string) {
  return lstat(path).catch(() => undefined);
}

function refused(what: string, where: string, remedy = REMEDY, cause?: unknown): NadirError {
  return new NadirError({ what, where, remedy, cause });
}
