import { describe, expect, test } from 'vitest';
import { Random, shippedPath } from '../../sdk/base/index.ts';
import { connectedRegions, fieldsOf, patchOf } from '../../sdk/spectra/fields.ts';
import { type Frame, frameOf } from '../../sdk/spectra/frame.ts';
import { frameToTable } from '../../sdk/spectra/frame-table.ts';
import { readFrame } from '../../sdk/spectra/read-frame.ts';

/** A 4 × 5 frame of two bands in falling order, with two fields of label 1 that touch only by a corner, and one of label 2. */
function frame(changes: Partial<Frame> = {}): Frame {
  const labels = Int32Array.from([
    1, 1, 0, 2, 2,
    1, 1, 0, 2, 2,
    0, 0, 1, 2, 0,
    0, 0, 1, 1, 1,
  ]); // biome-ignore format: a map
  const data = Float32Array.from({ length: 40 }, (_, i) => (i < 20 ? 1000 + i : 500 + i - 20));
  const parts = { bands: 2, height: 4, width: 5, data, labels, notes: [], ...changes };
  return frameOf({ wavelengthsNm: Float64Array.of(700, 600), ...parts }, 'scene.npz', 'hash');
}

describe('fields', () => {
  test('are regions of one label that touch along an edge, in the order of their first pixel', () => {
    const { fields, tooSmall } = fieldsOf(frame(), { minPixels: 4 });
    expect(
      fields.map(({ label, row, column, height, width, pixels }) => [label, row, column, height, width, pixels]),
    ).toEqual([
      [1, 0, 0, 2, 2, 4],
      [2, 0, 3, 3, 2, 5],
      [1, 2, 2, 2, 3, 4],
    ]);
    expect(tooSmall).toBe(0);
    expect(fieldsOf(frame(), { minPixels: 5 }).tooSmall).toBe(2);
  });

  test('carry a mask that is true where a pixel is EXCLUDED, the opposite of a label map', () => {
    const scene = frame();
    const { fields, usable } = fieldsOf(scene, { minPixels: 4 });
    expect([...fields[1].mask]).toEqual([0, 0, 0, 0, 0, 1]);
    const patch = patchOf(scene, fields[1], usable.bands);
    // bands by increasing wavelength: 600 nm, the second of the file, comes first
    expect([...patch.data]).toEqual([503, 504, 508, 509, 513, 514, 1003, 1004, 1008, 1009, 1013, 1014]);
    expect(patch.mask).toBe(fields[1].mask);
  });

  test('become rows with their mean spectrum and columns that say where and how large they are', () => {
    const { table } = frameToTable(frame({ labelNames: ['', 'wheat', 'maize'] }), { minPixels: 4 });
    expect([...table.wavelengthsNm]).toEqual([600, 700]);
    expect([...table.reflectance]).toEqual([503, 1003, 507.4, 1007.4, 516.5, 1016.5].map(Math.fround));
    expect([...table.columns.keys()]).toEqual([
      'field', 'label', 'labelName', 'row', 'column', 'pixels', 'edge', 'height', 'width', 'maskShare',
    ]); // biome-ignore format: one line
    expect([...table.columns.values()].map((cells) => cells[1])).toEqual([
      '2', '2', 'maize', '0', '3', '5', '2.5', '3', '2', '0.1667',
    ]); // biome-ignore format: one line
  });

  test('leave out pixels without a value and bands that are bad or empty, and count them', () => {
    const scene = frame();
    scene.data[0] = -1;
    scene.data[20 + 6] = Number.NaN;
    const lost = frameToTable({ ...scene, noData: -1 }, { minPixels: 2 });
    expect([lost.excludedPixels, lost.droppedBands]).toEqual([2, 0]);
    expect(lost.table.columns.get('pixels')?.[0]).toBe('2');
    expect(lost.table.reflectance[0]).toBe((501 + 505) / 2);
    const withoutBand = frameToTable({ ...scene, noData: -1, goodBands: Uint8Array.of(1, 0) }, { minPixels: 2 });
    expect([withoutBand.excludedPixels, withoutBand.droppedBands, withoutBand.table.wavelengthsNm[0]]).toEqual([
      1, 1, 700,
    ]);
  });

  test('agree with a flood fill by repeated spreading on random maps', () => {
    const random = Random.of(3, 'maps');
    for (let trial = 0; trial < 30; trial++) {
      const [height, width] = [1 + random.below(9), 1 + random.below(9)];
      const labels = Int32Array.from({ length: height * width }, () => random.below(3));
      // brute force: every pixel takes the smallest number among its like neighbours until nothing changes
      const owner = Int32Array.from(labels.keys());
      for (let changed = true; changed; ) {
        changed = false;
        for (let i = 0; i < owner.length; i++)
          for (const j of [i - 1, i + 1, i - width, i + width]) {
            const rows = Math.abs(Math.floor(i / width) - Math.floor(j / width));
            const beside = rows + Math.abs((i % width) - (j % width)) === 1;
            if (!beside || labels[j] !== labels[i] || !(owner[j] < owner[i])) continue;
            owner[i] = owner[j];
            changed = true;
          }
      }
      const expected = new Set([...owner].filter((_, i) => labels[i] !== 0));
      const regions = connectedRegions(labels, height, width);
      expect(new Set(regions.map(({ pixels }) => Math.min(...pixels)))).toEqual(expected);
      for (const { label, pixels } of regions)
        for (const pixel of pixels) expect([labels[pixel], owner[pixel]]).toEqual([label, Math.min(...pixels)]);
    }
  });

  test('of Indian Pines are 41 of at least 25 pixels, median 151, as its README says', async () => {
    const scene = await readFrame(shippedPath('models', 'frames', 'indian_pines_vnir.npz'));
    const { fields } = fieldsOf(scene);
    const sizes = fields.map(({ pixels }) => pixels).sort((a, b) => a - b);
    expect([sizes.length, sizes[20]]).toEqual([41, 151]);
  });

  test('may be the tiles of a grid where there are no labels, every pixel once', async () => {
    const scene = await readFrame(shippedPath('models', 'frames', 'hysu_vnir.npz'));
    const { fields } = fieldsOf(scene, { grid: 20, minPixels: 1 });
    expect(fields.length).toBe(3 * 4);
    expect(fields.reduce((sum, { pixels }) => sum + pixels, 0)).toBe(44 * 62);
    expect(fields.at(-1)).toMatchObject({ label: 0, row: 40, column: 60, height: 4, width: 2, pixels: 8 });
    const { labels: _, ...unlabelled } = scene;
    expect(() => fieldsOf(unlabelled)).toThrow(
      /no label map: hysu_vnir\.npz labels\. Give a label map of its fields, or the edge/,
    );
    expect(() => fieldsOf(scene, { grid: 0 })).toThrow(/0 is no edge of tiles/);
    expect(() => frameToTable(scene, { minPixels: 1e6 })).toThrow(/no field is large enough/);
  });

  test('are in percent only where the frame is known to be reflectance', () => {
    const reflectance = frame({ quantity: 'reflectance', scale: 10_000 });
    expect(frameToTable(reflectance, { minPixels: 4, unit: 'percent' }).table.reflectance[1]).toBeCloseTo(10.03, 5);
    expect(() => frameToTable(frame({ quantity: 'radiance' }), { minPixels: 4, unit: 'percent' })).toThrow(
      /the frame is radiance and has no scale, so it has no reflectance in percent: scene\.npz quantity\. Calibrate/,
    );
  });
});
