import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNpy, NadirError, parseNpy } from '../../sdk/base/index.ts';

const header = (text: string) => {
  const padded = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([padded.length, 0]),
    Buffer.from(padded),
  ]);
};

describe('npy', () => {
  it('gives back what was written', () => {
    const array = { shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0, Infinity, 1e-30]) };
    expect(parseNpy(formatNpy(array), 'x.npy')).toEqual(array);
  });

  it('writes the header that numpy.save writes', () => {
    const bytes = formatNpy({ shape: [3], data: new Float64Array(3) });
    expect(bytes.subarray(0, 10)).toEqual(Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'));
    expect(bytes.toString('latin1', 10, 128).trimEnd()).toBe(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }",
    );
    expect(bytes.length).toBe(128 + 24);
  });

  it('turns Fortran order into C order', () => {
    const bytes = header("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }");
    const body = Buffer.from(new Int16Array([1, 4, 2, 5, 3, 6]).buffer);
    expect(parseNpy(Buffer.concat([bytes, body]), 'f.npy').data).toEqual(new Int16Array([1, 2, 3, 4, 5, 6]));
  });

  it('swaps big-endian values', () => {
    const bytes = header("{'descr': '>i4', 'fortran_order': False, 'shape': (1,), }");
    expect(parseNpy(Buffer.concat([bytes, Buffer.from([0, 0, 1, 2])]), 'b.npy').data).toEqual(new Int32Array([258]));
  });

  it('refuses a file that is cut off, naming it', () => {
    const bytes = formatNpy({ shape: [100], data: new Float64Array(100) });
    for (const length of [0, 5, 9, 60, 128, bytes.length - 1]) {
      expect(() => parseNpy(bytes.subarray(0, length), 'cut.npy')).toThrow(/cut\.npy.*numpy\.save/);
    }
    expect(() => parseNpy(Buffer.concat([bytes, Buffer.from([0])]), 'long.npy')).toThrow(/1 bytes too many/);
  });

  it('refuses a shape too large to hold before it allocates', () => {
    const bytes = header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999, 99999999), }");
    expect(() => parseNpy(bytes, 'huge.npy')).toThrow(/too large/);
  });

  it('never throws anything but a NadirError, whatever the bytes', () => {
    const good = formatNpy({ shape: [4], data: new Uint8Array([1, 2, 3, 4]) });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        try {
          parseNpy(bytes, 'fuzz.npy');
        } catch (error) {
          expect(error).toBeInstanceOf(NadirError);
        }
      }),
      { seed: 1, numRuns: 3000 },
    );
  });
});
