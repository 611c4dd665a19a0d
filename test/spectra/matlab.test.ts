import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { parseMatCube } from '../../sdk/spectra/matlab-cube.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import { fixtureJson, formula, formulaCube, put, temporaryFolder } from './frame-cases.ts';

interface MatCase {
  name: string;
  base64: string;
}
const { cases, others } = fixtureJson<{ cases: MatCase[]; others: Record<string, MatCase> }>('mat.json');
const bytesOf = (one: MatCase) => Buffer.from(one.base64, 'base64');
const folder = temporaryFolder();

describe('a MATLAB file', () => {
  test.each(cases)('written by scipy or by hand, $name, gives cube, wavelengths and labels', async (one) => {
    const frame = await readFrame(put(folder, `${one.name}.mat`, bytesOf(one)));
    expect([frame.bands, frame.height, frame.width]).toEqual([3, 19, 23]);
    expect(Array.from(frame.data)).toEqual(formulaCube(3, 19, 23));
    expect([...frame.wavelengthsNm]).toEqual([450, 550, 650]);
    expect(frame.labels?.[2 * 23 + 5]).toBe(formula(0, 2, 5) % 4);
    expect(frame.notes.join()).toMatch(/labels are variable gt/);
  });

  test('keeps the type of its class', () => {
    const typed = (name: string) =>
      parseMatCube(bytesOf(cases.find((one) => one.name === name) ?? cases[0]), name).data;
    expect(typed('uint16 compressed')).toBeInstanceOf(Uint16Array);
    expect(typed('double stored as bytes')).toBeInstanceOf(Float64Array);
  });

  test('with two cubes asks which, and takes the one named', () => {
    const bytes = bytesOf(others['two cubes']);
    expect(() => parseMatCube(bytes, 'two.mat')).toThrow(
      /2 arrays could be the cube: two\.mat variables a \(19×23×3\), b .*Name one/,
    );
    expect(parseMatCube(bytes, 'two.mat', 'b').data).toBeInstanceOf(Uint16Array);
    expect(() => parseMatCube(bytes, 'two.mat', 'c')).toThrow(/no such numeric array: two\.mat variable c/);
  });

  test('may give its labels from a file of its own', async () => {
    const cube = put(folder, 'cube.mat', bytesOf(cases[0]));
    const labels = put(folder, 'gt.mat', bytesOf(others.labels));
    expect((await readFrame(cube, { labels })).labels?.[5]).toBe(formula(0, 0, 5) % 4);
  });

  test.each([
    ['complex', /complex numbers: complex byte 128 variable cube\. Save abs/],
    ['no cube', /no array of three dimensions: no cube variables gt \(19×23\)/],
  ])('%s is refused', (name, message) => {
    expect(() => parseMatCube(bytesOf(others[name]), name)).toThrow(message);
  });

  test('of version 7.3 says how to save it again', async () => {
    const head = Buffer.alloc(1024);
    head.write('MATLAB 7.3 MAT-file, Platform: GLNXA64');
    head.writeUInt16LE(0x0200, 124);
    head.write('IM', 126);
    head.write('\x89HDF\r\n\x1a\n', 512, 'latin1');
    await expect(readFrame(put(folder, 'new.mat', head))).rejects.toThrow(
      /7\.3 is HDF5.*new\.mat byte 124\. Save it again.*-v7/,
    );
    await expect(readFrame(put(folder, 'cube.h5', head.subarray(512)))).rejects.toThrow(
      /HDF5 files .* are not read: .*cube\.h5/,
    );
  });

  test('cut off anywhere is one clear error', () => {
    for (const one of [cases[0], cases[1], cases[11]]) {
      const whole = bytesOf(one);
      for (let length = 0; length < whole.length; length += Math.ceil(whole.length / 60)) {
        try {
          // cut between two variables it is a whole file with fewer
          expect(parseMatCube(whole.subarray(0, length), 'cut.mat').data.length).toBe(3 * 19 * 23);
        } catch (error) {
          expect(error).toBeInstanceOf(NadirError);
        }
      }
    }
  });
});
