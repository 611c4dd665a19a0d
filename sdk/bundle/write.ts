/** Writes a signed bundle folder: built beside its place, synced, then renamed into it. */
import { sign } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { NadirError, sha256, VERSION } from '../base/index.ts';
import { publicPem, type SigningKey } from './keys.ts';
import { foldersOf, formatManifest, MANIFEST, type Manifest, type ManifestBody, SIGNATURES } from './manifest.ts';

/** What was written. */
export interface WrittenBundle {
  /** SHA-256 of manifest.json: the bundle's identity. */
  readonly id: string;
  readonly manifest: Manifest;
  /** Sum of all files, with manifest and signatures. */
  readonly bytes: number;
}

/**
 * Writes `files` (path inside the bundle → content), their manifest and one signature a key to `dir`. The same input gives the same
 * bytes (Ed25519 is deterministic). An empty folder or an older bundle at `dir` is replaced; anything else there is left alone.
 */
export async function writeBundle(
  dir: string,
  body: ManifestBody,
  files: ReadonlyMap<string, Uint8Array>,
  keys: readonly SigningKey[],
): Promise<WrittenBundle> {
  const manifest: Manifest = {
    ...body,
    kind: 'nadir-bundle',
    schemaVersion: 1,
    nadir: VERSION,
    signers: keys
      .map((key) => ({ keyId: key.keyId, publicKey: publicPem(key.privateKey) }))
      .sort((a, b) => (a.keyId < b.keyId ? -1 : 1)),
    files: [...files]
      .map(([path, content]) => ({ path, bytes: content.length, sha256: sha256(content) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const head = formatManifest(manifest);
  const all = new Map<string, Uint8Array>(files);
  all.set(MANIFEST, head);
  for (const key of keys) all.set(`${SIGNATURES}/${key.keyId}.sig`, sign(null, head, key.privateKey));

  const place = resolve(dir);
  const replaces = await mayReplace(place);
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.partial`);
  await rm(beside, { recursive: true, force: true });
  try {
    await mkdir(beside, { recursive: true });
    const folders = new Set([...all.keys()].flatMap(foldersOf));
    for (const folder of folders) await mkdir(join(beside, folder), { recursive: true });
    for (const [path, content] of all) await writeSynced(join(beside, path), content);
    for (const folder of ['', ...folders]) await syncFolder(join(beside, folder));
    await moveInto(beside, place, replaces);
  } catch (thrown) {
    await rm(beside, { recursive: true, force: true });
    throw thrown;
  }
  return { id: sha256(head), manifest, bytes: [...all.values()].reduce((sum, content) => sum + content.length, 0) };
}

/** True where an older bundle stands at `place`, false where nothing or an empty folder does; throws for anything else. */
async function mayReplace(place: string): Promise<boolean> {
  let entries: string[];
  try {
    entries = await readdir(place);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw occupied(place, cause);
  }
  if (entries.length === 0) return false;
  try {
    if (JSON.parse(await readFile(join(place, MANIFEST), 'utf8')).kind === 'nadir-bundle') return true;
  } catch {
    // not a bundle
  }
  throw occupied(place);
}

function occupied(place: string, cause?: unknown): NadirError {
  return new NadirError({
    what: 'there is something else where the bundle should go',
    where: place,
    remedy: 'Choose another --out',
    cause,
  });
}

async function moveInto(beside: string, place: string, replaces: boolean): Promise<void> {
  const old = `${beside}.old`;
  if (replaces) await rename(place, old);
  try {
    await rename(beside, place);
  } catch (thrown) {
    if (replaces) await rename(old, place);
    throw thrown;
  }
  await syncFolder(dirname(place));
  if (replaces) await rm(old, { recursive: true, force: true });
}

async function writeSynced(path: string, content: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
