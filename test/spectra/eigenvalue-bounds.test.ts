import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { provesTopFive } from '../../sdk/spectra/eigenvalue-bounds.ts';
import { PatchReducer } from '../../sdk/spectra/index.ts';
import { openPixelKernels } from '../../sdk/spectra/kernels/open.ts';

/** Lanczos' steps on the diagonal matrix of these eigenvalues from a vector with the given parts, and their roots and proof. */
function lanczosOf(eigenvalues: readonly number[], start: readonly number[], steps: number) {
  const n = eigenvalues.length;
  const [a, d] = [16, 16 + 8 * n * (n + 1)];
  const [e2, room, roots, sums] = [1, 2, 3, 4].map((part) => d + 16 * part * (n + 32));
  const basis = sums + 64;
  const kernels = openPixelKernels(basis + 16 * n * (steps + 2));
  const memory = new Float64Array(kernels.buffer);
  const norm = Math.hypot(...start);
  for (const lane of [0, 1])
    for (let i = 0; i < n; i++) {
      memory[a / 8 + i * (i + 1) + 2 * i + lane] = eigenvalues[i];
      memory[basis / 8 + 2 * i + lane] = start[i] / norm;
    }
  kernels.traceAndSquares(n, a, sums);
  kernels.lanczos(n, a, basis, 0, steps, d, e2, room);
  const [diagonal, couplings] = [d, e2].map((at) => memory.slice(at / 8, at / 8 + 2 * (steps + 1)));
  kernels.topFive(steps, d, e2, room, roots);
  const found = Array.from({ length: 5 }, (_, k) => memory[roots / 8 + 2 * k]);
  const [trace, squares] = [memory[sums / 8], memory[sums / 8 + 2]];
  const run = { n, steps, d: diagonal, e2: couplings, at: 0, stride: 2, trace, squares };
  return { found, proven: provesTopFive(run, found, 2e-9) };
}

const n = 60;
const ones = Array<number>(n).fill(1);
const falling = Array.from({ length: n }, (_, i) => (i < 8 ? 100 / 2 ** i : 0.2 + 0.001 * i));

describe('the proof that the five largest eigenvalues were found', () => {
  test('holds where they stand out, and they are right', () => {
    const { found, proven } = lanczosOf(falling, ones, 16);
    expect(proven).toBe(true);
    found.forEach((root, k) => {
      expect(Math.abs(root / falling[k] - 1)).toBeLessThan(2e-9);
    });
  });

  test('fails before they are found', () => {
    expect(lanczosOf(falling, ones, 6).proven).toBe(false);
  });

  test('fails where a value comes twice, which one sequence of vectors cannot see', () => {
    for (const twice of [1, 4]) {
      const values = falling.with(20, falling[twice]);
      const { found, proven } = lanczosOf(values, ones, 18);
      expect(found[4] / falling[4]).toBeCloseTo(1, 6);
      expect(proven).toBe(false);
    }
  });

  test('fails where the start has no part in one of them', () => {
    expect(lanczosOf(falling, ones.with(2, 0), 18).proven).toBe(false);
  });

  test('never holds for wrong roots, whatever the values', () => {
    const random = Random.of(1, 'values');
    const share = () => random.below(1e6) / 1e6;
    let holds = 0;
    for (let trial = 0; trial < 200; trial++) {
      const steepness = 1 + 3 * share();
      const values = Array.from({ length: 40 }, (_, i) => (share() + 0.01) / (1 + i) ** steepness);
      const { found, proven } = lanczosOf(values, Array(40).fill(1), 14);
      if (!proven) continue;
      holds++;
      const largest = values.toSorted((x, y) => y - x);
      found.forEach((root, k) => {
        expect(Math.abs(root / largest[k] - 1)).toBeLessThan(3e-9);
      });
    }
    expect(holds).toBeGreaterThan(50);
  });
});

describe('singular values of large patches', () => {
  test('with every value twice, or of noise alone, are those of the tridiagonal form', () => {
    const side = 48;
    const random = Random.of(2, 'pixels');
    const twice = new Float64Array(side * side);
    for (let i = 0; i < side; i++) twice[i * side + i] = 1 + (i >> 1);
    const sigmas = new PatchReducer().reduce({ bands: 1, height: side, width: side, data: twice }, 'p', {
      sigma: true,
    });
    [24, 24, 23, 23, 22].forEach((value, k) => {
      expect(Math.abs((sigmas.sigma?.[k] ?? 0) / value - 1)).toBeLessThan(1e-7);
    });
    const noise = Uint16Array.from({ length: 6 * side * side }, () => 500 + random.below(100));
    const patch = { bands: 6, height: side, width: side, data: noise };
    const [one, other] = (['wasm', 'twin'] as const).map((kind) =>
      new PatchReducer(kind).reduce(patch, 'p', { sigma: true }),
    );
    expect(one).toEqual(other);
  });
});
