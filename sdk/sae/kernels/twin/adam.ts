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
  const lanes = new Float32Array(4);

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
    squaredNorm(count, n, width, atoms, gDec, gEnc, gLat, sums) {
      const s = sums >> 2;
      F.fill(0, s, s + 4 * count);
      for (let segment = 0; segment < width / SEGMENT; segment++) {
        for (let latent = 0; latent < count; latent++) {
          const at = (segment * n + latent) * SEGMENT;
          const [w, g, e] = [atoms, gDec, gEnc].map((array) => (array >> 2) + at);
          [w, g, g, e].forEach((a, i) => {
            memory.productLanes(a, [w, w, g, e][i], lanes);
            F[s + 4 * latent + i] += f32(f32(lanes[0] + lanes[2]) + f32(lanes[1] + lanes[3]));
          });
        }
      }
      let squares = 0;
      for (let latent = 0; latent < count; latent++) {
        const [atom, along, square, encoder] = F.subarray(s + 4 * latent, s + 4 * latent + 4);
        const bias = F[(gLat >> 2) + latent];
        const across = square - (atom > 0 ? (along * along) / atom : 0);
        squares += Math.max(0, across) + encoder + bias * bias;
      }
      return squares;
    },

    stepAtoms(count, n, width, w, g, m, v, sums, norms, ...settings) {
      for (let row = 0; row < count; row++) {
        const [atom, first, second] = [w, m, v].map((at) => (at >> 2) + row * width);
        const gradient = (g >> 2) + row * SEGMENT;
        const [square, along] = F.subarray((sums >> 2) + 4 * row);
        const norm = square > 0 ? f32(Math.sqrt(square)) : 1;
        const down = f32(1 / norm);
        F[(norms >> 2) + row] = norm;
        step([atom, gradient, first, second], n * SEGMENT, width, down, f32(along * down), settings);
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
