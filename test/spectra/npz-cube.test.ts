import { describe, expect, test } from 'vitest';
import { formatNpz, type NdArray, readNpz, shippedPath } from '../../sdk/base/index.ts';
import { usableOf } from '../../sdk/spectra/frame.ts';
import { parseNpzCube } from '../../sdk/spectra/npz-cube.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';
import { put, temporaryFolder } from './frame-cases.ts';

const folder = temporaryFolder();
const data: NdArray = { shape: [2, 2, 3], data: Uint16Array.from({ length: 12 }, (_, i) => 100 + i) };
const wavelengths: NdArray = { shape: [2], data: Float64Array.of(500, 510) };
const npz = (arrays: Record<string, NdArray>) => formatNpz({ data, wavelengths, ...arrays });

describe('an .npz cube', () => {
  test('of HySpex over Oberpfaffenhofen is what its README says', async () => {
    const frame = await readFrame(shippedPath('models', 'frames', 'hysu_vnir.npz'));
    expect([frame.bands, frame.height, frame.width]).toEqual([135, 44, 62]);
    const values = frame.data as Uint16Array;
    expect([values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]).toEqual([201, 8141]);
    // pixels of each label, counted by numpy
    const counts = [0, 1, 2, 3, 4, 5].map((label) => frame.labels?.filter((value) => value === label).length);
    expect(counts).toEqual([2492, 39, 49, 44, 54, 50]);
    expect(frame.quantity).toBe('unknown');
  });

  test('has its bands sorted for use: the AVIRIS list is not monotonic', async () => {
    const frame = await readFrame(shippedPath('models', 'frames', 'indian_pines_vnir.npz'));
    const drops = [...frame.wavelengthsNm].filter((nm, b) => b > 0 && nm <= frame.wavelengthsNm[b - 1]);
    expect(drops.map((nm) => nm.toFixed(2))).toEqual(['686.91']);
    const used = [...usableOf(frame).bands].map((band) => frame.wavelengthsNm[band]);
    expect(used.length).toBe(21);
    expect(used.every((nm, b) => b === 0 || nm > used[b - 1])).toBe(true);
  });

  test("is masked where HYPERVIEW's mask is true, per band or for all", async () => {
    const plane = Uint8Array.of(1, 0, 0, 0, 0, 1);
    const flat = await readFrame(put(folder, 'flat.npz', npz({ mask: { shape: [2, 3], data: plane } })));
    expect([...usableOf(flat).excluded]).toEqual([...plane]);
    const cubeMask = Uint8Array.from([...plane, 0, 1, 0, 0, 0, 0]);
    const cube = await readFrame(put(folder, 'cube.npz', npz({ mask: { shape: [2, 2, 3], data: cubeMask } })));
    expect([...usableOf(cube).excluded]).toEqual([1, 1, 0, 0, 0, 1]);
    // a band that is masked throughout is a bad band, not the end of the frame
    const dead = Uint8Array.from([...plane, 1, 1, 1, 1, 1, 1]);
    const one = await readFrame(put(folder, 'dead.npz', npz({ mask: { shape: [2, 2, 3], data: dead } })));
    expect([...usableOf(one).bands]).toEqual([0]);
  });

  test('of floats takes values that are not finite for missing', async () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i / 10);
    values[4] = Number.NaN;
    values[11] = Number.POSITIVE_INFINITY;
    const frame = await readFrame(put(folder, 'nan.npz', npz({ data: { shape: [2, 2, 3], data: values } })));
    expect([...usableOf(frame).excluded]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(usableOf({ ...frame, data: values.fill(Number.NaN, 6) }).emptyBands).toBe(1);
  });

  test('may lack wavelengths where a CSV gives them, and labels where another file does', async () => {
    put(folder, 'bare_wavelengths.csv', 'band_no,wavelength\n1,600\n2,620\n');
    const labels = put(
      folder,
      'labels.npz',
      formatNpz({ labels: { shape: [2, 3], data: Int32Array.of(0, 1, 1, 0, 2, 2) } }),
    );
    const frame = await readFrame(put(folder, 'bare.npz', formatNpz({ data })), { labels, scale: 1000 });
    expect([...frame.wavelengthsNm]).toEqual([600, 620]);
    expect([frame.labels?.[5], frame.quantity, frame.scale]).toEqual([2, 'reflectance', 1000]);
  });

  test.each([
    [
      'mask excludes all',
      { mask: { shape: [2, 3], data: new Uint8Array(6).fill(1) } },
      /the mask excludes every pixel.*true means excluded/,
    ],
    [
      'mask of another size',
      { mask: { shape: [3, 2], data: new Uint8Array(6) } },
      /mask of shape \(3, 2\) for data of \(2, 2, 3\)/,
    ],
    ['labels of another size', { labels: { shape: [6], data: new Uint8Array(6) } }, /labels of shape \(6\)/],
    [
      'labels with fractions',
      { labels: { shape: [2, 3], data: new Float32Array(6).fill(0.5) } },
      /pixel 0 has the label 0\.5/,
    ],
    [
      'bands last',
      {
        data: { shape: [2, 3, 4], data: new Uint8Array(24) },
        wavelengths: { shape: [4], data: Float64Array.of(500, 510, 520, 530) },
      },
      /4 values of shape \(4\) for 2 bands.*\[bands, h, w\]/,
    ],
    ['two dimensions', { data: { shape: [2, 6], data: new Uint8Array(12) } }, /data has 2 dimensions, not 3/],
    ['no pixels', { data: { shape: [2, 0, 3], data: new Uint8Array(0) } }, /is empty or too large/],
    [
      'µm',
      { wavelengths: { shape: [2], data: Float64Array.of(0.5, 0.51) } },
      /0\.5 looks like µm where nm are expected/,
    ],
    [
      'nothing but NaN',
      { data: { shape: [2, 2, 3], data: new Float32Array(12).fill(Number.NaN) } },
      /no band has a value/,
    ],
  ])('with %s is refused by name', async (name, arrays: Record<string, NdArray>, message) => {
    await expect(readFrame(put(folder, `${name}.npz`, npz(arrays)))).rejects.toThrow(message);
  });

  test('may hold other arrays of any kind', async () => {
    expect(parseNpzCube(npz({ other: { shape: [1], data: Uint8Array.of(1) } }), 'more.npz').bands).toBe(2);
    expect(
      (await readNpz(shippedPath('models', 'hypso1', 'spectral_bands_HYPSO-1_v1.npz'))).get('arr_0')?.data.length,
    ).toBe(120);
  });
});
