/** Opens the kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PixelKernels } from './kernels.ts';
import { twinKernels } from './twin.ts';

const PAGE = 65536;
let compiled: WebAssembly.Module | undefined | null = null;

/** Kernels over a fresh memory of at least `bytes`, all zero. The twin is taken where WASM or its SIMD cannot load. */
export function openPixelKernels(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): PixelKernels {
  if (compiled === null) compiled = compile();
  if (compiled === undefined || prefer === 'twin') return twinKernels(bytes);
  const pages = Math.ceil(bytes / PAGE) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { ...(exports as unknown as Omit<PixelKernels, 'name' | 'buffer'>), name: 'wasm', buffer: memory.buffer };
}

function compile(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(readFileSync(fileURLToPath(new URL('./build/pixels.wasm', import.meta.url))));
  } catch {
    return undefined; // not built, or an engine without SIMD
  }
}
