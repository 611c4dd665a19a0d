/** Opens the kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { openWasm, openWasmOn, requireFits, sharedWasmMemory } from '../../base/index.ts';
import type { SaeKernels } from './kernels.ts';
import { twinKernels } from './twin/index.ts';

const MODULE = new URL('./build/sae.wasm', import.meta.url);
const SHARED_MODULE = new URL('./build/sae-shared.wasm', import.meta.url);

type Exports = Omit<SaeKernels, 'name' | 'buffer'>;
/** What threads hand each other to work on the same memory. */
export type SharedMemory = WebAssembly.Memory | SharedArrayBuffer;

/** Kernels over a fresh memory of at least `bytes`, all zero. The twin is taken where WASM or its SIMD cannot load. */
export function openKernels(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): SaeKernels {
  requireFits(bytes, WHERE, REMEDY);
  const kernels = prefer === 'wasm' ? openWasm<Exports>(MODULE, bytes) : undefined;
  return kernels
    ? { ...kernels, name: 'wasm', buffer: kernels.memory.buffer }
    : twinKernels(new ArrayBuffer(whole(bytes)));
}

/** A fresh memory of at least `bytes`, all zero, for kernels on several threads. */
export function openSharedMemory(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): SharedMemory {
  requireFits(bytes, WHERE, REMEDY);
  if (prefer === 'wasm') {
    const memory = sharedWasmMemory(bytes);
    if (openWasmOn<Exports>(SHARED_MODULE, memory)) return memory;
  }
  return new SharedArrayBuffer(whole(bytes));
}

/** This thread's kernels over a memory that others work on too. */
export function openKernelsOn(memory: SharedMemory): SaeKernels {
  if (memory instanceof SharedArrayBuffer) return twinKernels(memory);
  const kernels = openWasmOn<Exports>(SHARED_MODULE, memory);
  if (!kernels) throw new RangeError('the kernels of the memory do not load');
  return { ...kernels, name: 'wasm', buffer: memory.buffer };
}

const WHERE = 'size of the dictionary';
const REMEDY = 'Take a smaller expansion or a smaller batch';

function whole(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
