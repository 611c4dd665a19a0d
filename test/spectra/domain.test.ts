import { describe, expect, test } from 'vitest';
import { Random, readNpz, toFloat64 } from '../../sdk/base/index.ts';
import { type Domain, domainDistance, fitDomain, readSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';

const table = await readSpectraTable(resolveDataset('limesoda'));
const B = table.wavelengthsNm.length;
const spectraOf = (rows: Uint32Array) => {
  const spectra = new Float32Array(rows.length * B);
  rows.forEach((row, i) => {
    spectra.set(table.reflectance.subarray(row * B, (row + 1) * B), i * B);
  });
  return spectra;
};
const order = Random.of(1, 'halves').permutation(table.rows);
const held = spectraOf(order.slice(600));
const fitted = (bands?: number[]) => fitDomain(spectraOf(order.slice(0, 600)), B, { seed: 0, ...(bands && { bands }) });
const share = (distances: Float64Array) => distances.filter((distance) => distance > 1).length / distances.length;
const required = (domain: Domain | null): Domain => {
  if (domain === null) throw new Error('no domain');
  return domain;
};
const SOME = [5, 20, 40, 60, 80, 100, 120, 140];

describe('the out-of-distribution flag', () => {
  test('T² and Q are the distance within the plane of the components and off it (worked by hand)', () => {
    const domain: Domain = {
      bands: [0, 2],
      centre: [1, 1],
      components: [[Math.SQRT1_2, -Math.SQRT1_2]],
      variance: [0.02],
      limits: { t2: 4, q: 0.01 },
      brightness: [1, 100],
      falseAlarmRate: 0.01,
      measuredFalseAlarmRate: 0.01,
    };
    // bands 12 and 8 over their mean 10: 1.2 and 0.8, all of it along the component: T² = 0.08/0.02, at the limit
    expect(domainDistance(domain, Float64Array.of(12, 999, 8), 3)[0]).toBeCloseTo(1, 12);
    // a fifth of that departure is a fifth of the distance, whatever the gain
    expect(domainDistance(domain, Float64Array.of(31.2, 0, 28.8), 3)[0]).toBeCloseTo(0.3, 1);
    // three times as bright as any training spectrum is the brightness limit's ratio
    expect(domainDistance(domain, Float64Array.of(300, 0, 300), 3)[0]).toBeCloseTo(3, 12);
    expect(domainDistance(domain, Float64Array.of(1, 0, -1), 3)[0]).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    ['every band', undefined],
    ['eight bands', SOME],
    ['three bands', [10, 60, 100]],
  ])('flags few held-out soils on %s, at any gain of the light', (_, bands) => {
    const domain = required(fitted(bands));
    expect(share(domainDistance(domain, held, B))).toBeLessThanOrEqual(0.03);
    expect(
      share(
        domainDistance(
          domain,
          held.map((value) => 1.2 * value),
          B,
        ),
      ),
    ).toBeLessThanOrEqual(0.03);
  });

  test('flags radiance, in any unit, on more than 95 % of the fields of a frame', async () => {
    const fields = await indianPines();
    for (const bands of [undefined, SOME, [10, 60, 100]]) {
      const domain = required(fitted(bands));
      expect(share(domainDistance(domain, fields, B))).toBe(1);
      // scaled to the brightness of the soils: the shape gives it away
      const gain = 20 / (fields.reduce((sum, value) => sum + value, 0) / fields.length);
      expect(
        share(
          domainDistance(
            domain,
            fields.map((value) => value * gain),
            B,
          ),
        ),
      ).toBeGreaterThan(0.95);
    }
  });

  test('flags a dead band, and reflectance in another unit', () => {
    const domain = required(fitted(SOME));
    const dead = held.map((value, i) => (i % B === 60 ? 0 : value));
    expect(share(domainDistance(domain, dead, B))).toBe(1);
    expect(
      share(
        domainDistance(
          domain,
          held.map((value) => value * 100),
          B,
        ),
      ),
    ).toBe(1);
  });

  test('keeps the false alarm rate that was asked for on spectra that it has not seen', () => {
    const random = Random.of(3, 'soils');
    const made = (n: number) =>
      Float64Array.from({ length: n * 6 }, (_, i) => 30 + (i % 6) + random.normal()).map((value, i, all) =>
        i % 6 > 3 ? value + all[i - (i % 6)] : value,
      );
    const domain = required(fitDomain(made(500), 6, { seed: 1, falseAlarmRate: 0.1 }));
    const rate = share(domainDistance(domain, made(4000), 6));
    // 500 spectra set the limits: three binomial SDs of their share, and both statistics may fire at once
    expect(rate).toBeGreaterThan(0.1 - 0.05);
    expect(rate).toBeLessThan(0.1 + 0.04);
    expect(domain.measuredFalseAlarmRate).toBeLessThan(0.12);
  });

  test('says nothing from too few spectra', () => {
    expect(fitDomain(spectraOf(order.slice(0, 19)), B, { seed: 0 })).toBeNull();
  });
});

/** Mean radiance of tiles of equal label of the Indian Pines frame, linearly between its bands at those of the table, [fields, bands]. */
async function indianPines(): Promise<Float64Array> {
  const arrays = await readNpz('models/frames/indian_pines_vnir.npz');
  const array = (name: string) => toFloat64(arrays.get(name) ?? { shape: [0], data: new Float64Array(0) });
  const [data, wavelengths, labels] = [array('data'), array('wavelengths'), array('labels')];
  const pixels = labels.length;
  const bands = Array.from(wavelengths, (nm, band) => ({ nm, band })).sort((a, b) => a.nm - b.nm);
  // the table ends 1.2 nm beyond the frame's last band, which is 10 nm wide: its value stands for both
  const lastNm = bands[bands.length - 1].nm;
  const between = Array.from(table.wavelengthsNm, (wanted) => {
    const nm = Math.min(wanted, lastNm);
    const right = bands.findIndex((band) => band.nm >= nm);
    const left = bands[right - 1];
    return { left: left.band, right: bands[right].band, share: (nm - left.nm) / (bands[right].nm - left.nm) };
  });
  const fields: number[] = [];
  for (let label = 1; label <= 16; label++) {
    const own = [...labels.keys()].filter((pixel) => labels[pixel] === label);
    for (let start = 0; start + 25 <= own.length; start += 100) {
      const members = own.slice(start, start + 100);
      const mean = (band: number) =>
        members.reduce((sum, pixel) => sum + data[band * pixels + pixel], 0) / members.length;
      const means = Array.from(wavelengths, (_, band) => mean(band));
      for (const { left, right, share: part } of between) fields.push((1 - part) * means[left] + part * means[right]);
    }
  }
  return Float64Array.from(fields);
}
