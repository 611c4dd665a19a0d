import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openKernels } from '../../sdk/sae/kernels/open.ts';

/** The strongest of each level by sorting, latents rising within a level. */
function byDefinition(pre: readonly number[], levels: readonly number[]) {
  const order = [...pre.keys()].filter((latent) => pre[latent] > 0).sort((a, b) => pre[b] - pre[a] || a - b);
  const ends = levels.map((k) => Math.min(k, order.length));
  return { latents: ends.flatMap((end, i) => order.slice(ends[i - 1] ?? 0, end).sort((a, b) => a - b)), ends };
}

// few different values, so that there are many equals, zeros of both signs, and both ends of float32
const value = fc.oneof(
  fc.constantFrom(0, -0, 1, 2, 2 ** -149, Infinity, -1, Math.fround(3.4e38)),
  fc.float({ noNaN: true }),
);

describe('selection', () => {
  test('keeps the strongest of each level, of equals the first, whatever the rows before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }).chain((n) =>
          fc.record({
            rows: fc.array(fc.array(value, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 4 }),
            levels: fc.uniqueArray(fc.integer({ min: 1, max: n }), { minLength: 1, maxLength: 4 }),
          }),
        ),
        ({ rows, levels: some }) => {
          const levels = [...some].sort((a, b) => a - b);
          const [n, slots] = [rows[0].length, levels[levels.length - 1]];
          const room = 4 * (n + 4);
          const at = {
            pre: 65536,
            bias: 70000,
            levels: 70400,
            scratch: 71000,
            latents: 75000,
            values: 77000,
            ends: 79000,
          };
          const kernels = openKernels(80000);
          new Float32Array(kernels.buffer, at.pre, rows.length * n).set(rows.flat());
          new Uint32Array(kernels.buffer, at.levels, levels.length).set(levels);
          const scratch = [0, 1, 2, 3].map((i) => at.scratch + i * room);
          const [a, b, c, d] = scratch;
          const into = [a, b, c, d, at.latents, at.values, at.ends] as const;
          kernels.select(at.pre, rows.length, n, at.bias, at.levels, levels.length, ...into, slots);
          rows.forEach((row, i) => {
            const expected = byDefinition(row, levels);
            const ends = [...new Uint32Array(kernels.buffer, at.ends + i * levels.length * 4, levels.length)];
            const kept = ends[levels.length - 1];
            const latents = [...new Uint32Array(kernels.buffer, at.latents + i * slots * 4, kept)];
            expect({ latents, ends }).toEqual(expected);
            const values = [...new Float32Array(kernels.buffer, at.values + i * slots * 4, kept)];
            expect(values).toEqual(latents.map((latent) => row[latent]));
          });
        },
      ),
      { numRuns: 400, seed: 7 },
    );
  });
});
