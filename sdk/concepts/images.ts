/** Images of a folder or a zip, in one order: names sorted by their bytes, so that the same images give the same rows everywhere. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf, NadirError, readBounded, readZip } from '../base/index.ts';

const MAX_ZIP_BYTES = 2 ** 32 - 1;
const MAX_IMAGE_BYTES = 16 * 2 ** 20;
const JPEG = /\.jpe?g$/i;

/** JPEG files by name, read one at a time. */
export interface ImageSet {
  /** Path as given. */
  readonly path: string;
  /** Names within it, sorted; parts are separated by "/". */
  readonly names: readonly string[];
  /** Bytes of one image. */
  read(name: string): Promise<Uint8Array>;
}

/** Opens a folder (with its sub-folders) or a zip of JPEGs. */
export async function openImages(path: string): Promise<ImageSet> {
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    (cause) => {
      throw new NadirError({
        what: `cannot read images (${messageOf(cause)})`,
        where: path,
        remedy: 'Give a folder or a zip of JPEG files',
        cause,
      });
    },
  );
  const set = isFolder ? await folder(path) : await zip(path);
  if (set.names.length === 0)
    throw new NadirError({
      what: 'no JPEG images',
      where: path,
      remedy: 'Give a folder or a zip that holds .jpg files',
    });
  return set;
}

async function folder(path: string): Promise<ImageSet> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && JPEG.test(entry.name))
    .map((entry) => relative(path, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort(byBytes);
  return { path, names, read: (name) => readBounded(join(path, name), MAX_IMAGE_BYTES) };
}

async function zip(path: string): Promise<ImageSet> {
  const members = readZip(await readBounded(path, MAX_ZIP_BYTES), path, (name) =>
    JPEG.test(name) ? MAX_IMAGE_BYTES : MAX_ZIP_BYTES,
  );
  const names = [...members.keys()].filter((name) => JPEG.test(name)).sort(byBytes);
  return {
    path,
    names,
    async read(name) {
      const member = members.get(name);
      if (!member) throw new NadirError({ what: `no image ${name}`, where: path, remedy: 'Check the name' });
      return member();
    },
  };
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
