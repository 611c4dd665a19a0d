import fc from 'fast-check';
import { expect, it } from 'vitest';
import { strongestLatents } from '../../sdk/sae/index.ts';

it('the strongest activations are those that sorting would give', () => {
  const activation = fc.oneof(
    fc.constant(0),
    fc.integer({ min: -3, max: 5 }),
    fc.float({ noNaN: true, min: -1, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(activation, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (values, k) => {
      const activations = Float32Array.from(values);
      const expected = [...activations.entries()]
        .filter(([, value]) => value > 0)
        .sort(([a, x], [b, y]) => y - x || a - b)
        .slice(0, k);
      const got = strongestLatents(activations, k);
      expect(Array.from(got.latents)).toEqual(expected.map(([latent]) => latent));
      expect(Array.from(got.values)).toEqual(expected.map(([, value]) => value));
    }),
  );
});
