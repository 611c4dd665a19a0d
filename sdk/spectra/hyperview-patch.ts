/** One patch of a HYPERVIEW folder: `{index}.npz` with `data` and `mask`, [bands, h, w]; mask true = pixel EXCLUDED. */
import { NadirError, type NdArray, parseNpy, readZip } from '../base/index.ts';
import type { Patch } from './patch.ts';

/** Largest file of a patch that is read. */
export const MAX_PATCH_BYTES = 256 * 2 ** 20;
/** Largest array of a patch once inflated. */
const MAX_MEMBER_BYTES = 512 * 2 ** 20;

/** Parses a patch of `bands` bands; `where` names it in errors. The mask may also be [h, w], or be missing. */
export function parsePatch(bytes: Uint8Array, where: string, bands: number): Patch {
  const fail = (what: string, remedy: string) => new NadirError({ what, where, remedy });
  const members = readZip(bytes, where, () => MAX_MEMBER_BYTES);
  const array = (name: string): NdArray | undefined => {
    const member = members.get(`${name}.npy`);
    if (member === undefined) return undefined;
    const bytes = member();
    const parsed = parseNpy(bytes, `${where} member ${name}`);
    release(bytes);
    return parsed;
  };
  const data = array('data');
  if (data === undefined) throw fail('the patch has no array "data"', 'A patch is an .npz with data and mask');
  const [found, height, width] = data.shape;
  if (data.shape.length !== 3 || height < 1 || width < 1)
    throw fail(`data has the shape (${data.shape.join(', ')})`, 'Give [bands, h, w], none of them 0');
  if (found !== bands)
    throw fail(
      `data has ${found} bands where wavelengths.csv has ${bands}`,
      'Use the wavelengths.csv of these patches',
    );
  const mask = array('mask');
  if (mask === undefined) return { bands, height, width, data: data.data };
  const sizes = mask.shape.join();
  if (sizes !== data.shape.join() && sizes !== `${height},${width}`)
    throw fail(
      `mask of shape (${mask.shape.join(', ')}) does not fit data (${data.shape.join(', ')})`,
      'Give one shape',
    );
  return { bands, height, width, data: data.data, mask: maskBytes(mask) };
}

function maskBytes({ data }: NdArray): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return Uint8Array.from(data as ArrayLike<number | bigint>, (value) => (Number(value) === 0 ? 0 : 1));
}

/** Smallest memory that is worth giving back early: Node's shared pool of small buffers is far below it. */
const RELEASED_BYTES = 2 ** 18;

/** Gives large memory back now; left to garbage collection, hundreds of megabytes of pixels would wait for it. The array is empty then. */
export function release({ buffer }: ArrayBufferView): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= RELEASED_BYTES && !buffer.detached) buffer.transfer(0);
}
