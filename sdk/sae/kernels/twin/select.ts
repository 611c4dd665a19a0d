/** Which latents a row keeps. */
import type { SaeKernels } from '../kernels.ts';
import { f32, type TwinMemory } from './memory.ts';

interface Candidate {
  readonly latent: number;
  readonly value: number;
}

export function selection({ F, U }: TwinMemory): Pick<SaeKernels, 'select' | 'merge'> {
  /** A row's candidates by levels; offsets in values. */
  function keep(
    candidates: Candidate[],
    levels: readonly number[],
    latents: number,
    values: number,
    ends: number,
  ): void {
    const strongest = candidates
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.latent - b.latent);
    let from = 0;
    levels.forEach((k, level) => {
      const end = Math.min(strongest.length, k);
      const kept = strongest.slice(from, end).sort((a, b) => a.latent - b.latent);
      kept.forEach(({ latent, value }, i) => {
        U[latents + from + i] = latent;
        F[values + from + i] = value;
      });
      U[ends + level] = end;
      from = end;
    });
  }

  const levelsAt = (levels: number, count: number) => [...U.subarray(levels >> 2, (levels >> 2) + count)];

  return {
    select(pre, rows, n, bias, levels, levelCount, _values, _latents, _all, _rest, latents, values, ends, slots) {
      const ks = levelsAt(levels, levelCount);
      for (let row = 0; row < rows; row++) {
        const candidates = Array.from({ length: n }, (_, latent) => ({
          latent,
          value: f32(F[(pre >> 2) + row * n + latent] + F[(bias >> 2) + latent]),
        }));
        const at = row * slots;
        keep(candidates, ks, (latents >> 2) + at, (values >> 2) + at, (ends >> 2) + row * levelCount);
      }
    },

    merge(
      candidateLatents,
      candidateValues,
      counts,
      candidateSlots,
      parts,
      first,
      last,
      rows,
      levels,
      levelCount,
      _values,
      _latents,
      _all,
      _rest,
      latents,
      values,
      ends,
      slots,
    ) {
      const ks = levelsAt(levels, levelCount);
      for (let row = first; row < last; row++) {
        const candidates: Candidate[] = [];
        for (let place = row; place < parts * rows; place += rows) {
          for (let i = place * candidateSlots; i < place * candidateSlots + U[(counts >> 2) + place]; i++)
            candidates.push({ latent: U[(candidateLatents >> 2) + i], value: F[(candidateValues >> 2) + i] });
        }
        const at = row * slots;
        keep(candidates, ks, (latents >> 2) + at, (values >> 2) + at, (ends >> 2) + row * levelCount);
      }
    },
  };
}
