/** Opens the kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { openWasm, requireFits } from '../../base/index.ts';
import type { SaeKernels } from './kernels.ts';
import { twinKernels } from './twin.ts';

const MODULE = new URL('./build/sae.wasm', import.meta.url);

/** Kernels over a fresh memory of at least `bytes`, all zero. The twin is taken where WASM or its SIMD cannot load. */
export function openKernels(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): SaeKernels {
  requireFits(bytes, 'size of the dictionary', 'Take a smaller expansion or a smaller batch');
  const kernels = prefer === 'wasm' ? openWasm<Omit<SaeKernels, 'name' | 'buffer'>>(MODULE, bytes) : undefined;
  return kernels ? { ...kernels, name: 'wasm', buffer: kernels.memory.buffer } : twinKernels(bytes);
}
