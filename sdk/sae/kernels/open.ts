/** Opens the kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NadirError } from '../../base/index.ts';
import type { SaeKernels } from './kernels.ts';
import { twinKernels } from './twin.ts';

const PAGE = 65536;
/** Largest memory of a training: 2 GiB, so that offsets stay positive 32-bit integers. */
const MAX_BYTES = 2 ** 31 - PAGE;

/** Kernels over a fresh memory of at least `bytes`, all zero. The twin is taken where WASM or its SIMD cannot load. */
export function openKernels(bytes: number, prefer: 'wasm' | 'twin' = 'wasm'): SaeKernels {
  if (bytes > MAX_BYTES) {
    throw new NadirError({
      what: `training would need ${Math.ceil(bytes / 2 ** 20)} MiB, more than ${MAX_BYTES / 2 ** 20}`,
      where: 'size of the dictionary',
      remedy: 'Take a smaller expansion or a smaller batch',
    });
  }
  const exports = prefer === 'wasm' ? compiled() : undefined;
  if (!exports) return twinKernels(bytes);
  const pages = Math.ceil(bytes / PAGE) + 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const instance = new WebAssembly.Instance(exports, { env: { memory } });
  return {
    ...(instance.exports as unknown as Omit<SaeKernels, 'name' | 'buffer'>),
    name: 'wasm',
    buffer: memory.buffer,
  };
}

function compiled(): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(readFileSync(fileURLToPath(new URL('./build/sae.wasm', import.meta.url))));
  } catch {
    return undefined; // not built, or an engine without SIMD
  }
}
