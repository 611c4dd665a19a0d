/** The gradients of the weights, latent by latent. */
import type { SaeKernels } from '../kernels.ts';
import { f32, SEGMENT, type TwinMemory } from './memory.ts';

type Backward = Pick<SaeKernels, 'byLatent' | 'derive' | 'sumRows' | 'addLevel' | 'subtractRows'>;

export function backward(memory: TwinMemory): Backward {
  const { F, U } = memory;
  const lanes = new Float32Array(4);
  const sumRows: SaeKernels['sumRows'] = (
    count,
    n,
    width,
    segments,
    segmentRows,
    starts,
    places,
    scales,
    sums,
    adds,
  ) => {
    const s = starts >> 2;
    for (let segment = 0; segment < width / SEGMENT; segment++) {
      for (let latent = 0; latent < count; latent++) {
        const sum = (sums >> 2) + (segment * n + latent) * SEGMENT;
        if (!adds) F.fill(0, sum, sum + SEGMENT);
        for (let pair = U[s + latent]; pair < U[s + latent + 1]; pair++) {
          const row = (segments >> 2) + (segment * segmentRows + U[(places >> 2) + pair]) * SEGMENT;
          memory.axpy(F[(scales >> 2) + pair], row, sum, SEGMENT);
        }
      }
    }
  };

  return {
    byLatent(latents, values, ends, rows, levelCount, slots, first, last, starts, residuals, rowsOf, activations) {
      const pairs: { row: number; level: number; place: number; latent: number }[] = [];
      for (let row = 0; row < rows; row++) {
        let slot = 0;
        for (let level = 0; level < levelCount; level++) {
          const end = U[(ends >> 2) + row * levelCount + level];
          for (; slot < end; slot++) {
            const place = row * slots + slot;
            const latent = U[(latents >> 2) + place];
            if (latent >= first && latent < last) pairs.push({ row, level, place, latent });
          }
        }
      }
      pairs.sort((a, b) => a.latent - b.latent);
      const s = starts >> 2;
      U.fill(0, s, s + last - first + 1);
      pairs.forEach(({ row, level, place, latent }, i) => {
        U[s + latent - first + 1] = i + 1;
        U[(residuals >> 2) + i] = row * levelCount + level;
        U[(rowsOf >> 2) + i] = row;
        F[(activations >> 2) + i] = F[(values >> 2) + place];
      });
      for (let at = s + 1; at <= s + last - first; at++) U[at] = Math.max(U[at], U[at - 1]);
    },

    derive(
      count,
      n,
      width,
      atoms,
      gradients,
      gradientCount,
      starts,
      residuals,
      penalty,
      derivatives,
      gLat,
      ...toDecoder
    ) {
      const [s, d] = [starts >> 2, derivatives >> 2];
      F.fill(penalty, d, d + U[s + count]);
      for (let segment = 0; segment < width / SEGMENT; segment++) {
        for (let latent = 0; latent < count; latent++) {
          const atom = (atoms >> 2) + (segment * n + latent) * SEGMENT;
          for (let pair = U[s + latent]; pair < U[s + latent + 1]; pair++) {
            const residual = (gradients >> 2) + (segment * gradientCount + U[(residuals >> 2) + pair]) * SEGMENT;
            memory.productLanes(atom, residual, lanes);
            F[d + pair] += f32(f32(lanes[0] + lanes[2]) + f32(lanes[1] + lanes[3]));
          }
        }
      }
      for (let latent = 0; latent < count; latent++)
        for (let pair = U[s + latent]; pair < U[s + latent + 1]; pair++) F[(gLat >> 2) + latent] += F[d + pair];
      sumRows(count, n, width, gradients, gradientCount, starts, residuals, ...toDecoder);
    },

    sumRows,

    addLevel(gradients, rows, levelCount, width, sum) {
      for (let i = 0; i < width; i += SEGMENT)
        for (let row = 0; row < rows; row++)
          memory.axpy(1, (gradients >> 2) + (i * rows + row * SEGMENT) * levelCount, (sum >> 2) + i, SEGMENT);
    },

    subtractRows(scales, x, count, width, y) {
      for (let i = 0; i < count; i++) {
        const scale = F[(scales >> 2) + i];
        if (scale !== 0) memory.axpy(-scale, (x >> 2) + i * width, y >> 2, width);
      }
    },
  };
}
