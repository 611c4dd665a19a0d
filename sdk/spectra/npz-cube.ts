/**
 * Cubes in .npz: `data` [bands, h, w]; `wavelengths` [bands] in nm; maybe `fwhm` [bands], `labels` [h, w], and `mask` [h, w] or
 * [bands, h, w], true where a pixel is EXCLUDED. Other arrays are not inflated.
 */
import { NadirError, type NdArray, parseNpy, readZip } from '../base/index.ts';
import { type FrameData, type FrameParts, frameValues, MAX_BANDS } from './frame.ts';
import { labelsFrom } from './label-map.ts';

/** Largest array once inflated: 2^28 values in float64. */
const MAX_MEMBER_BYTES = 2 ** 31 - 1;
const MAX_VECTOR_BYTES = 8 * MAX_BANDS + 4096;
/** Deflate makes at most 1032 bytes of one. */
const MOST_RATIO = 1040;

/** Whether these are the first bytes of a zip, which an .npz is. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** The frame in an .npz; wavelengths may be missing and come from elsewhere. `where` names the file in errors. */
export function parseNpzCube(bytes: Uint8Array, where: string): FrameParts {
  const most = Math.min(MAX_MEMBER_BYTES, bytes.length * MOST_RATIO);
  const members = readZip(bytes, where, (name) =>
    name === 'wavelengths.npy' || name === 'fwhm.npy' ? MAX_VECTOR_BYTES : most,
  );
  const array = (name: string): NdArray | undefined => {
    const member = members.get(`${name}.npy`);
    return member && parseNpy(member(), `${where} member ${name}.npy`);
  };
  const refuse = (what: string, name: string, remedy: string) =>
    new NadirError({ what, where: `${where} member ${name}.npy`, remedy });
  const cube = array('data');
  if (cube === undefined)
    throw new NadirError({
      what: 'no array "data"',
      where: `${where} (members: ${[...members.keys()].slice(0, 8).join(', ') || 'none'})`,
      remedy: 'Save the cube with numpy.savez(file, data=[bands, h, w], wavelengths=[bands])',
    });
  if (cube.shape.length !== 3)
    throw refuse(`data has ${cube.shape.length} dimensions, not 3`, 'data', 'Save data as [bands, h, w]');
  const [bands, height, width] = cube.shape;
  frameValues(bands, height, width, `${where} member data.npy`);
  const vector = (name: string): Float64Array | undefined => {
    const found = array(name);
    if (found !== undefined && (found.data.length !== bands || found.shape.length !== 1))
      throw refuse(
        `${found.data.length} values of shape (${found.shape.join(', ')}) for ${bands} bands`,
        name,
        'Save one value for each band; data is [bands, h, w]',
      );
    return found && Float64Array.from(found.data as ArrayLike<number>, Number);
  };
  const wavelengthsNm = vector('wavelengths');
  const fwhmNm = vector('fwhm');
  const labels = array('labels');
  if (labels !== undefined && (labels.shape.length !== 2 || labels.shape[0] !== height || labels.shape[1] !== width))
    throw refuse(
      `labels of shape (${labels.shape.join(', ')}) for pixels of (${height}, ${width})`,
      'labels',
      'Save one label for each pixel',
    );
  const mask = array('mask');
  return {
    bands,
    height,
    width,
    data: plain(cube),
    notes: [],
    ...(wavelengthsNm && { wavelengthsNm }),
    ...(fwhmNm && { fwhmNm }),
    ...(labels && { labels: labelsFrom(labels.data, `${where} member labels.npy`) }),
    ...(mask && maskParts(mask, bands, height, width, refuse)),
  };
}

/**
 * A mask of one plane as it is; one of a plane a band: pixels masked in any band, apart from bands that are masked throughout,
 * which are bad.
 */
function maskParts(
  mask: NdArray,
  bands: number,
  height: number,
  width: number,
  refuse: (what: string, name: string, remedy: string) => NadirError,
): Pick<FrameParts, 'mask' | 'goodBands'> {
  const pixels = height * width;
  const [h, w] = mask.shape.slice(-2);
  const planes = mask.shape.length === 2 ? 1 : mask.shape[0];
  if (![2, 3].includes(mask.shape.length) || h !== height || w !== width || (planes !== 1 && planes !== bands))
    throw refuse(
      `a mask of shape (${mask.shape.join(', ')}) for data of (${bands}, ${height}, ${width})`,
      'mask',
      'Save the mask as [h, w] or [bands, h, w], true = excluded',
    );
  const united = new Uint8Array(pixels);
  const goodBands = new Uint8Array(bands).fill(1);
  for (let plane = 0; plane < planes; plane++) {
    const flags = Array.prototype.map.call(mask.data.subarray(plane * pixels, (plane + 1) * pixels), (flag) =>
      Number(flag) === 0 ? 0 : 1,
    ) as (0 | 1)[];
    if (planes > 1 && flags.every((flag) => flag === 1)) goodBands[plane] = 0;
    else for (let pixel = 0; pixel < pixels; pixel++) united[pixel] |= flags[pixel];
  }
  if (!goodBands.includes(1) || !united.includes(0))
    throw refuse(
      'the mask excludes every pixel',
      'mask',
      'In a mask true means excluded; a map of wanted pixels must be turned over',
    );
  return { mask: united, ...(planes > 1 && { goodBands }) };
}

/** 64-bit integers as float64, exact up to 2^53. */
function plain({ data }: NdArray): FrameData {
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
}
