/** MATLAB files made by scipy, hurt in one place each; and files of no known kind. */
import type { Random } from '../../../sdk/base/index.ts';
import { fixtureJson } from '../frame-cases.ts';
import type { MalformedCase } from './case.ts';

interface Mat {
  name: string;
  base64: string;
}
const { cases, others } = fixtureJson<{ cases: Mat[]; others: Record<string, Mat> }>('mat.json');

export function matlabCases(random: Random): MalformedCase[] {
  const plain = wholeMat('uint16 plain');
  const packed = wholeMat('uint16 compressed');
  const frame = (name: string, file: string, bytes: string | Uint8Array, place: RegExp): MalformedCase => ({
    name: `${file.slice(file.lastIndexOf('.') + 1)} ${name}`,
    reader: 'frame',
    files: { [file]: bytes },
    place,
  });
  const mat = (name: string, bytes: Uint8Array, place: RegExp) => frame(name, 'cube.mat', bytes, place);
  const byte = /cube\.mat byte \d+/;
  return [
    mat('cut off', plain.subarray(0, 140 + random.below(plain.length - 1200)), byte),
    mat('compressed and cut off', packed.subarray(0, 140 + random.below(300)), byte),
    mat('header only', plain.subarray(0, 128), /variables none/),
    mat('unknown version', patched(plain, 124, [0x00, 0x05]), /byte 124/),
    mat('version 7.3', patched(plain, 124, [0x00, 0x02]), /byte 124.*-v7/),
    mat(
      'stream damaged',
      patched(
        packed,
        136,
        Array.from({ length: 8 }, () => random.below(256)),
      ),
      byte,
    ),
    mat('bomb of a length', patched(plain, 132, [0xf0, 0xff, 0xff, 0x7f]), byte),
    mat('no variables but noise', patched(plain, 128, [99, 0, 0, 0]), byte),
    // dimensions of the first array: flags take 16 bytes, then a tag of 8
    mat('larger sizes', patched(plain, 160, [200, 0, 0, 0]), /variable cube/),
    mat('negative sizes', patched(plain, 160, [0xff, 0xff, 0xff, 0xff]), /variable cube/),
    mat('bomb of a size', patched(plain, 160, [0xff, 0xff, 0xff, 0x7f]), /variable cube/),
    mat('complex', bytesOf(others.complex), /variable cube/),
    mat('no cube', bytesOf(others['no cube']), /variables gt/),
    mat('two cubes', bytesOf(others['two cubes']), /variables a .*, b /),
    mat(
      'no wavelengths',
      Buffer.from(plain.toString('latin1').replace('wavelengths', 'wavefunctio'), 'latin1'),
      /looked for cube_wavelengths\.csv/,
    ),
    frame('empty', 'cube.npz', '', /byte 0/),
    frame(
      'of random bytes',
      'cube.img',
      Uint8Array.from({ length: 500 }, () => random.below(256)),
      /byte 0/,
    ),
    frame('of text', 'cube.tif', 'this is not a picture', /byte 0/),
    frame('of HDF5', 'cube.nc', Buffer.from('\x89HDF\r\n\x1a\n and more', 'latin1'), /byte 0/),
    frame('of one array', 'cube.npy', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), /byte 0/),
  ];
}

function bytesOf(one: Mat): Buffer {
  return Buffer.from(one.base64, 'base64');
}

function wholeMat(name: string): Buffer {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`no MATLAB fixture ${name}`);
  return bytesOf(found);
}

function patched(bytes: Buffer, at: number, values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}
