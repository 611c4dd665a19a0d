import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchPool } from '../../sdk/sae/kinds/batch-pool.ts';

test('a batch keeps its largest positive activations as sorting would, of equal ones the earlier', () => {
  const n = 5;
  const activation = fc.oneof(fc.integer({ min: -2, max: 3 }), fc.float({ noNaN: true, min: -1, max: 4 }));
  const rows = fc.array(fc.array(activation, { minLength: n, maxLength: n }), { minLength: 1, maxLength: 30 });
  const pool = new BatchPool(12, 30, n);
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 12 }), (batch, keep) => {
      const bias = Float32Array.of(0, 0.5, 0, -0.25, 0);
      const all = batch.flatMap((row, at) =>
        [...row.keys()].map((latent) => ({ at, latent, value: Math.fround(Math.fround(row[latent]) + bias[latent]) })),
      );
      const expected = all
        .filter(({ value }) => value > 0)
        .sort((a, b) => b.value - a.value || a.at - b.at || a.latent - b.latent)
        .slice(0, keep);
      pool.begin(keep);
      batch.forEach((row, at) => {
        pool.offer(at, Float32Array.from(row), 0, bias, n);
      });
      expect(pool.close(batch.length)).toBe(expected.at(-1)?.value ?? 0);
      const [latents, values] = [new Uint32Array(n), new Float32Array(n)];
      batch.forEach((_, at) => {
        const count = pool.read(at, latents, values, 0);
        const ofRow = expected.filter((one) => one.at === at).sort((a, b) => a.latent - b.latent);
        expect([...latents.subarray(0, count)]).toEqual(ofRow.map(({ latent }) => latent));
        expect([...values.subarray(0, count)]).toEqual(ofRow.map(({ value }) => value));
      });
    }),
  );
});
