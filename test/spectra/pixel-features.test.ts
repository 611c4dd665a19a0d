import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatNpz, NadirError } from '../../sdk/base/index.ts';
import {
  bandsRead,
  catalogue,
  computeFeaturesExact,
  EAGLEEYES_GROUPS,
  featureCost,
  HYPERVIEW_SCALE,
  needsPixels,
  type Patch,
  PatchReducer,
  parseSpectralFrame,
} from '../../sdk/spectra/index.ts';
import { bisectTopFive, sigmasFrom, wrapScales } from '../../sdk/spectra/singular-values.ts';
import { digestOf, FULL_PATCHES, farthestByGroup, toleranceOf, valuesOf } from './feature-comparison.ts';
import { syntheticPatch } from './hyperview-folders.ts';

const fixture = JSON.parse(readFileSync(new URL('../fixtures/features-hyperview.json', import.meta.url), 'utf8')) as {
  seed: number;
  patches: number;
  full: string;
  digests: string;
};
const reducer = new PatchReducer();
const features = catalogue(150, EAGLEEYES_GROUPS);

function featuresOf(index: number): Float64Array {
  const patch = syntheticPatch(fixture.seed, index);
  const { mean, sigma } = reducer.reduce(patch, `patch ${index}`, { sigma: true, scale: HYPERVIEW_SCALE });
  return computeFeaturesExact(features, { mean, ...(sigma && { sigma }) }, 150);
}

/** Singular values of a matrix [h, w] by one-sided Jacobi rotations: slow and right. */
function jacobiSingularValues(matrix: Float64Array, h: number, w: number): number[] {
  const columns = Array.from({ length: w }, (_, c) => Float64Array.from({ length: h }, (__, r) => matrix[r * w + c]));
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  for (let sweep = 0, rotated = true; rotated && sweep < 60; sweep++) {
    rotated = false;
    for (let p = 0; p < w; p++)
      for (let q = p + 1; q < w; q++) {
        const [a, b] = [columns[p], columns[q]];
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
        if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb)) continue;
        rotated = true;
        const half = (bb - aa) / (2 * ab);
        const t = Math.sign(half || 1) / (Math.abs(half) + Math.sqrt(half * half + 1));
        const cosine = 1 / Math.sqrt(t * t + 1);
        for (let i = 0; i < h; i++) {
          const [x, y] = [a[i], b[i]];
          a[i] = cosine * (x - t * y);
          b[i] = cosine * (t * x + y);
        }
      }
  }
  return columns.map((column) => Math.sqrt(dot(column, column))).sort((a, b) => b - a);
}

/** Top five of the wrap-padded square of a one-band patch, straight from the definition. */
function sigmasByDefinition({ height, width, data, mask }: Patch): number[] {
  const side = Math.max(height, width);
  const square = new Float64Array(side * side);
  for (let r = 0; r < side; r++)
    for (let c = 0; c < side; c++) {
      const pixel = (r % height) * width + (c % width);
      square[r * side + c] = mask?.[pixel] ? 0 : Number(data[pixel]);
    }
  return jacobiSingularValues(square, side, side).slice(0, 5);
}

const sigmasOf = (patch: Patch) => [...(reducer.reduce(patch, 'patch', { sigma: true }).sigma ?? [])];

describe('the sixteen EagleEyes groups', () => {
  test('are 2,400 features in the order of the winner, of which 1,200 need pixels', () => {
    expect(features).toHaveLength(2400);
    expect(EAGLEEYES_GROUPS.join()).toBe(
      'arr,d1,d2,d3,ratio,sigma1,sigma2,sigma3,sigma4,sigma5,dft.re,dft.im,dft.sigma1.re,dft.sigma1.im,sym3,dmey',
    );
    expect(features.filter((feature) => needsPixels([feature]))).toHaveLength(8 * 150);
    const [sigma, ratio, fourier] = [750, 600, 1800].map((at) => features[at]);
    expect([sigma.name, ratio.name, fourier.name]).toEqual(['sigma1@0', 'ratio@0', 'dft.sigma1.re@0']);
    expect([sigma, ratio, fourier].map((feature) => bandsRead([feature]).length)).toEqual([1, 1, 150]);
  });

  test('equal numpy and PyWavelets on masked patches of 11 to 180 px, value by value', () => {
    const expected = valuesOf(fixture.full);
    const ours = new Float64Array(expected.length);
    for (let index = 0; index < FULL_PATCHES; index++) ours.set(featuresOf(index), index * features.length);
    for (const [group, distance] of Object.entries(farthestByGroup(ours, expected)))
      expect(distance, group).toBeLessThan(toleranceOf(group));
  });

  test('equal them on 40 more patches, by a weighted sum and the largest value of each group', () => {
    const expected = valuesOf(fixture.digests);
    for (let index = FULL_PATCHES; index < FULL_PATCHES + 40; index++) {
      const digest = digestOf(featuresOf(index));
      EAGLEEYES_GROUPS.forEach((group, g) => {
        const at = (index - FULL_PATCHES) * digest.length + 2 * g;
        const [sum, largest] = expected.subarray(at, at + 2);
        expect(Math.abs(digest[2 * g] - sum), `${index} ${group}`).toBeLessThan(10 * toleranceOf(group) * largest);
        expect(Math.abs(digest[2 * g + 1] - largest)).toBeLessThan(toleranceOf(group) * largest);
      });
    }
  });

  test('asked for by name, features of pixels say that they need pixels where only spectra are known', () => {
    const spectra = new Float64Array(150).fill(0.2);
    expect(() => computeFeaturesExact(catalogue(150, ['dft.sigma1.im']), spectra, 150)).toThrow(NadirError);
  });
});

describe('singular values of a patch', () => {
  test.each([
    ['one pixel', 1, 1],
    ['a row', 1, 9],
    ['fewer than five lines', 3, 8],
    ['tall', 19, 7],
    ['wide', 7, 19],
    ['square', 13, 13],
  ])('%s: those of the wrap-padded square', (_, height, width) => {
    const data = Uint16Array.from({ length: height * width }, (__, i) => 500 + ((i * 7919) % 613));
    const mask = Uint8Array.from(data, (value) => (value % 11 === 3 ? 1 : 0));
    const patch = { bands: 1, height, width, data, mask };
    const expected = sigmasByDefinition(patch);
    sigmasOf(patch).forEach((sigma, k) => {
      expect(Math.abs(sigma - (expected[k] ?? 0))).toBeLessThan(1e-7 * expected[0]);
      if (expected[k] > 1e-6 * expected[0]) expect(Math.abs(sigma / expected[k] - 1)).toBeLessThan(1e-9);
    });
  });

  test.each([
    ['float32', Float32Array.from({ length: 90 }, (_, i) => Math.sin(i * i) / 3)],
    ['int16 with negative values', Int16Array.from({ length: 90 }, (_, i) => ((i * i * 37) % 41) - 20)],
    ['uint16 above 32,767', Uint16Array.from({ length: 90 }, (_, i) => 65535 - ((i * i * 37) % 4001))],
    ['int64', BigInt64Array.from({ length: 90 }, (_, i) => BigInt((i * i * 37) % 41))],
  ])('%s pixels give them too', (_, data) => {
    const patch = { bands: 1, height: 9, width: 10, data };
    const expected = sigmasByDefinition(patch);
    sigmasOf(patch).forEach((sigma, k) => {
      expect(Math.abs(sigma / expected[k] - 1)).toBeLessThan(1e-9);
    });
  });

  test('an image of one value has rank one: σ2 to σ5 are zero, whatever rounding leaves', () => {
    const data = new Uint16Array(20 * 20).fill(7);
    expect(sigmasOf({ bands: 1, height: 20, width: 20, data })).toEqual([140, 0, 0, 0, 0]);
  });

  test('equal and repeated values are found as often as they are there', () => {
    const data = Float64Array.from({ length: 24 * 24 }, (_, i) => (i % 25 === 0 ? 1 + (Math.floor(i / 25) % 12) : 0));
    const sigmas = sigmasOf({ bands: 1, height: 24, width: 24, data });
    [12, 12, 11, 11, 10].forEach((value, k) => {
      expect(Math.abs(sigmas[k] / value - 1)).toBeLessThan(1e-7);
    });
  });

  test('bisection, the way out of doubt, finds the same roots', () => {
    const n = 20;
    const d = Float64Array.from({ length: n }, (_, i) => 2 + (i % 3));
    const e2 = Float64Array.from({ length: n }, (_, i) => (i === 0 ? 0 : 0.5 + (i % 4) / 8));
    const dense = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      dense[i * n + i] = d[i];
      if (i > 0) dense[i * n + i - 1] = dense[(i - 1) * n + i] = Math.sqrt(e2[i]);
    }
    const expected = jacobiSingularValues(dense, n, n);
    bisectTopFive(d, e2).forEach((root, k) => {
      expect(Math.abs(root / expected[k] - 1)).toBeLessThan(1e-12);
    });
    const sigmas = new Float64Array(5);
    sigmasFrom([4, 1, 1e-20, 0, 0], n, sigmas, 0, 1);
    expect([...sigmas]).toEqual([2, 1, 0, 0, 0]);
    expect([...wrapScales(3, 8)].map((scale) => Math.round(scale ** 2))).toEqual([3, 3, 2]);
  });

  test('a band wholly masked, a hole and a patch too large are refused by band and place', () => {
    const hole = { bands: 2, height: 1, width: 2, data: Float32Array.of(1, 2, 3, Number.NaN) };
    expect(() => reducer.reduce(hole, '7.npz')).toThrow(/band 1 is not finite: NaN at row 0, column 1: 7\.npz/);
    expect(reducer.reduce({ ...hole, mask: Uint8Array.of(0, 1) }, '7.npz').mean).toEqual(Float64Array.of(1, 3));
    expect(() => reducer.reduce({ ...hole, mask: Uint8Array.of(0, 0, 1, 1) }, '7.npz')).toThrow(
      /every pixel of band 1 is masked: 7\.npz/,
    );
    const large = { bands: 1, height: 513, width: 513, data: new Uint8Array(513 * 513) };
    expect(() => reducer.reduce(large, 'frame.npz', { sigma: true })).toThrow(/513 × 513 pixels are too much work/);
    expect(reducer.reduce(large, 'frame.npz').mean[0]).toBe(0);
  });

  test('means of a few bands read only those', () => {
    const { mean } = reducer.reduce(syntheticPatch(1, 5), 'patch', { bands: [3, 149] });
    const whole = reducer.reduce(syntheticPatch(1, 5), 'patch');
    expect(mean.findIndex((value) => !Number.isNaN(value))).toBe(3);
    expect([mean[3], mean[149]]).toEqual([whole.mean[3], whole.mean[149]]);
  });
});

describe('in flight', () => {
  test('a frame gives singular values when the model reads features of pixels, and only then', () => {
    const { bands, height, width, data, mask } = syntheticPatch(1, 4);
    const shape = [bands, height, width];
    const wavelengths = { shape: [bands], data: Float64Array.from({ length: bands }, (_, band) => 460 + 3 * band) };
    const bytes = formatNpz({ data: { shape, data }, mask: { shape, data: mask }, wavelengths });
    const frame = parseSpectralFrame(bytes, 'frame.npz', { sigma: true });
    const ground = reducer.reduce({ bands, height, width, data, mask }, 'patch', { sigma: true });
    expect(frame.sigma).toEqual(ground.sigma);
    expect(frame.meanSpectrum).toEqual(Float32Array.from(ground.mean));
    expect(parseSpectralFrame(bytes, 'frame.npz').sigma).toBeUndefined();
    const input = { mean: frame.meanSpectrum, ...(frame.sigma && { sigma: frame.sigma }) };
    expect(computeFeaturesExact(catalogue(150, ['sigma2']), input, 150)).toEqual(ground.sigma?.slice(150, 300));
  });
});

describe('what features cost', () => {
  test('multiply–adds, steps of views each once, bands and pixels', () => {
    const named = (name: string) =>
      catalogue(150)
        .concat(catalogue(150, ['pre', 'snv', 'sigma1']))
        .filter((f) => f.name === name);
    expect(featureCost(named('d2@40'))).toEqual({ multiplyAdds: 3, viewOperations: 0, needsPixels: false, bands: 3 });
    expect(featureCost([...named('pre@3'), ...named('pre@4'), ...named('snv@3'), ...named('sigma1@2')])).toEqual({
      multiplyAdds: 4,
      viewOperations: 4,
      needsPixels: true,
      bands: 150,
    });
  });
});
