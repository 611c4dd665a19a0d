/** Opens the kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { openWasm } from '../../base/index.ts';
import type { PixelKernels } from './kernels.ts';
import { twinKernels } from './twin.ts';

const MODULE = new URL('./build/pixels.wasm', import.meta.url);

/** Kernels over a fresh memory of at least `bytes`, all zero. The twin is taken where WASM or its SIMD cannot load. */
export function openPixelKernels(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): PixelKernels {
  const kernels = prefer === 'wasm' ? openWasm<Omit<PixelKernels, 'name' | 'buffer'>>(MODULE, bytes) : undefined;
  return kernels ? { ...kernels, name: 'wasm', buffer: kernels.memory.buffer } : twinKernels(bytes);
}
