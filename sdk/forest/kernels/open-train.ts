/** Opens the training kernels: WASM SIMD where it loads, the plain twin elsewhere. */
import { openWasm, requireFits } from '../../base/index.ts';
import type { TrainKernels } from './train-kernels.ts';
import { trainTwin } from './train-twin.ts';

const MODULE = new URL('./build/train.wasm', import.meta.url);

/** Which implementation to take; the twin is taken anyway where WASM or its SIMD cannot load. */
export type TrainEngine = 'wasm' | 'twin';

/** Kernels over a fresh memory of at least `bytes`, all zero. */
export function openTrainKernels(bytes: number, engine: TrainEngine = 'wasm'): TrainKernels {
  requireFits(bytes, 'size of the table', 'Train on fewer rows or features');
  const kernels = engine === 'wasm' ? openWasm<Omit<TrainKernels, 'name' | 'buffer'>>(MODULE, bytes) : undefined;
  return kernels ? { ...kernels, name: 'wasm', buffer: kernels.memory.buffer } : trainTwin(bytes);
}
