/** Rows by segments, estimates of the levels and the gradients of their errors. */
import type { SaeKernels } from '../kernels.ts';
import { f32, SEGMENT, type TwinMemory } from './memory.ts';

type Decoding = Pick<SaeKernels, 'centre' | 'pack' | 'unpack' | 'inversePowers' | 'decode' | 'levelErrors'>;

export function decoding(memory: TwinMemory): Decoding {
  const { F, U, D } = memory;
  const estimate = new Float32Array(SEGMENT);
  return {
    centre(x, b, out, rows, width) {
      for (let row = 0, p = x >> 2, o = out >> 2; row < rows; row++, p += width, o += width)
        for (let i = 0; i < width; i++) F[o + i] = F[p + i] - F[(b >> 2) + i];
    },

    pack(source, first, last, rows, width, segments) {
      for (let row = first; row < last; row++) {
        for (let i = 0; i < width; i += SEGMENT) {
          const from = (source >> 2) + row * width + i;
          F.copyWithin((segments >> 2) + i * rows + row * SEGMENT, from, from + SEGMENT);
        }
      }
    },

    unpack(segments, rows, levelCount, level, width, target) {
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < width; i += SEGMENT) {
          const from = (segments >> 2) + i * rows * levelCount + (row * levelCount + level) * SEGMENT;
          F.copyWithin((target >> 2) + row * width + i, from, from + SEGMENT);
        }
      }
    },

    inversePowers(x, rows, d, width, relative, inverse) {
      for (let row = 0; row < rows; row++) {
        const input = (x >> 2) + row * width;
        const power = relative ? f32(memory.dot(input, input, width) / d) : 1;
        F[(inverse >> 2) + row] = power > 0 ? f32(1 / power) : 0;
      }
    },

    decode(
      targets,
      inverse,
      first,
      last,
      rows,
      width,
      atoms,
      n,
      levelCount,
      weights,
      latents,
      values,
      ends,
      slots,
      gradients,
      squares,
    ) {
      F.fill(0, (squares >> 2) + first * levelCount * 4, (squares >> 2) + last * levelCount * 4);
      for (let segment = 0; segment < width / SEGMENT; segment++) {
        const dictionary = (atoms >> 2) + segment * n * SEGMENT;
        for (let row = first; row < last; row++) {
          const x = (targets >> 2) + (segment * rows + row) * SEGMENT;
          const gradient = (gradients >> 2) + (segment * rows + row) * levelCount * SEGMENT;
          for (let i = 0; i < SEGMENT; i++) estimate[i] = -F[x + i];
          let slot = row * slots;
          for (let level = 0; level < levelCount; level++) {
            const end = row * slots + U[(ends >> 2) + row * levelCount + level];
            for (; slot < end; slot++) {
              const z = F[(values >> 2) + slot];
              const atom = dictionary + U[(latents >> 2) + slot] * SEGMENT;
              for (let i = 0; i < SEGMENT; i++) estimate[i] += f32(z * F[atom + i]);
            }
            for (let lane = 0; lane < 4; lane++) {
              const square = (vector: number) => f32(estimate[4 * vector + lane] ** 2);
              const pair = (vector: number) => f32(square(vector) + square(vector + 1));
              F[(squares >> 2) + (row * levelCount + level) * 4 + lane] += f32(
                f32(pair(0) + pair(2)) + f32(pair(4) + pair(6)),
              );
            }
            const factor = f32(F[(weights >> 2) + level] * F[(inverse >> 2) + row]);
            for (let i = 0; i < SEGMENT; i++) F[gradient + level * SEGMENT + i] = estimate[i] * factor;
          }
          for (let at = gradient + (levelCount - 1) * SEGMENT - 1; at >= gradient; at--) F[at] += F[at + SEGMENT];
        }
      }
    },

    levelErrors(squares, inverse, first, last, levelCount, d, errors) {
      for (let row = first; row < last; row++) {
        for (let level = 0; level < levelCount; level++) {
          const at = (squares >> 2) + (row * levelCount + level) * 4;
          const sum = f32(f32(F[at] + F[at + 1]) + f32(F[at + 2] + F[at + 3]));
          D[(errors >> 3) + level] += f32(f32(sum * F[(inverse >> 2) + row]) / d);
        }
      }
    },
  };
}
