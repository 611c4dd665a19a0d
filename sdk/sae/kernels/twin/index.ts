/**
 * Plain TypeScript twin of assembly/sae.ts: the same sums in the same order, rounded to float32 where WASM does, so that both give the same
 * bits. It runs where WASM cannot, and is what the kernels are tested against.
 */
import type { SaeKernels } from '../kernels.ts';
import { adam } from './adam.ts';
import { backward } from './backward.ts';
import { decoding } from './decode.ts';
import { TwinMemory } from './memory.ts';
import { selection } from './select.ts';

/** Kernels in plain TypeScript over a memory of whole float64 values. */
export function twinKernels(buffer: ArrayBuffer | SharedArrayBuffer): SaeKernels {
  const memory = new TwinMemory(buffer);
  return {
    name: 'twin',
    buffer,
    dot: (a, b, width) => memory.dot(a >> 2, b >> 2, width),
    axpy: (scale, x, y, width) => memory.axpy(scale, x >> 2, y >> 2, width),
    ...selection(memory),
    ...decoding(memory),
    ...backward(memory),
    ...adam(memory),
  };
}
