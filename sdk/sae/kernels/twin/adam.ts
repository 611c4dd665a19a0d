/** The step of the weights. */
import type { SaeKernels } from '../kernels.ts';
import { f32, SEGMENT, type TwinMemory } from './memory.ts';

/** What Adam takes besides arrays: in the order of the kernels. */
type Settings = readonly [
  rate: number,
  correction: number,
  beta1: number,
  beta2: number,
  epsilon: number,
  clip: number,
];

export function adam(memory: TwinMemory): Pick<SaeKernels, 'squaredNorm' | 'stepAtoms' | 'stepRows' | 'stepValues'> {
  const { F } = memory;

  /** One row of `width` values; its gradient's segments lie `stride` apart. Offsets in values. */
  function step(
    [w, g, m, v]: readonly number[],
    stride: number,
    width: number,
    scale: number,
    along: number,
    settings: Settings,
  ): void {
    const [rate, correction, b1, b2, eps, clip] = settings.map(f32);
    const [a1, a2, tiny] = [f32(1 - b1), f32(1 - b2), f32(1e-30)];
    for (let i = 0; i < width; i++) {
      const weight = f32(F[w + i] * scale);
      const given = F[g + Math.floor(i / SEGMENT) * stride + (i % SEGMENT)];
      const gradient = f32(f32(given - f32(along * weight)) * clip);
      let mean = f32(f32(b1 * F[m + i]) + f32(a1 * gradient));
      let square = f32(f32(b2 * F[v + i]) + f32(a2 * f32(gradient * gradient)));
      if (!(Math.abs(mean) >= tiny)) mean = 0;
      if (!(square >= tiny)) square = 0;
      F[m + i] = mean;
      F[v + i] = square;
      const root = f32(f32(Math.sqrt(f32(square * correction))) + eps);
      F[w + i] = weight - f32(f32(rate * mean) / root);
    }
  }

  return {
    squaredNorm(count, n, width, wDec, gDec, gEnc, gLat) {
      const stride = n * SEGMENT;
      let squares = 0;
      for (let latent = 0; latent < count; latent++) {
        const atom = (wDec >> 2) + latent * width;
        const [dec, enc] = [(gDec >> 2) + latent * SEGMENT, (gEnc >> 2) + latent * SEGMENT];
        const norm = memory.dot(atom, atom, width);
        const along = memory.dot(dec, atom, width, stride);
        const across = memory.dot(dec, dec, width, stride, stride) - (norm > 0 ? (along * along) / norm : 0);
        const bias = F[(gLat >> 2) + latent];
        squares += Math.max(0, across) + memory.dot(enc, enc, width, stride, stride) + bias * bias;
      }
      return squares;
    },

    stepAtoms(count, n, width, w, g, m, v, norms, ...settings) {
      const stride = n * SEGMENT;
      for (let row = 0; row < count; row++) {
        const [atom, first, second] = [w, m, v].map((at) => (at >> 2) + row * width);
        const gradient = (g >> 2) + row * SEGMENT;
        const square = memory.dot(atom, atom, width);
        const norm = square > 0 ? f32(Math.sqrt(square)) : 1;
        const down = f32(1 / norm);
        F[(norms >> 2) + row] = norm;
        const along = f32(memory.dot(gradient, atom, width, stride) * down);
        step([atom, gradient, first, second], stride, width, down, along, settings);
      }
    },

    stepRows(count, n, width, w, g, m, v, norms, ...settings) {
      for (let row = 0; row < count; row++) {
        const [weight, first, second] = [w, m, v].map((at) => (at >> 2) + row * width);
        const arrays = [weight, (g >> 2) + row * SEGMENT, first, second];
        step(arrays, n * SEGMENT, width, F[(norms >> 2) + row], 0, settings);
      }
    },

    stepValues(count, w, g, m, v, ...settings) {
      const arrays = [w, g, m, v].map((at) => at >> 2);
      // values one after the other are a row whose segments follow each other
      step(arrays, SEGMENT, count, 1, 0, settings);
    },
  };
}
