/** Opens the training kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NadirError } from '../../base/error.ts';
import type { TrainKernels } from './train-kernels.ts';
import { trainTwin } from './train-twin.ts';

const PAGE = 65_536;
/** Largest memory of a training: 2 GiB, so that offsets stay positive 32-bit integers. */
const MAX_BYTES = 2 ** 31 - PAGE;

/** Which implementation to take; the twin is taken anyway where WASM or its SIMD cannot load. */
export type TrainEngine = 'wasm' | 'twin';

/** Kernels over a fresh memory of at least `bytes`, all zero. */
export function openTrainKernels(bytes: number, engine: TrainEngine = 'wasm'): TrainKernels {
  if (bytes > MAX_BYTES) {
    throw new NadirError({
      what: `training would need ${Math.ceil(bytes / 2 ** 20)} MiB, more than ${MAX_BYTES / 2 ** 20}`,
      where: 'size of the table',
      remedy: 'Train on fewer rows or features',
    });
  }
  const compiled = engine === 'wasm' ? compile() : undefined;
  if (!compiled) return trainTwin(bytes);
  const pages = Math.ceil(bytes / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { ...(exports as unknown as Omit<TrainKernels, 'name' | 'buffer'>), name: 'wasm', buffer: memory.buffer };
}

let module: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module | undefined {
  try {
    module ??= new WebAssembly.Module(readFileSync(fileURLToPath(new URL('./build/train.wasm', import.meta.url))));
    return module;
  } catch {
    return undefined; // not built, or an engine without SIMD
  }
}
