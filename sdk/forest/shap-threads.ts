/** SHAP values on several threads: rows are split, and a row's bytes do not depend on those it goes with. */
import { onSharedMemory, runJobs, workerUrl } from '../base/index.ts';
import { BLOCK_ROWS, byFirstTree, type Explainer, openExplainer } from './explainer.ts';
import type { Forest } from './forest.ts';
import { type ShapValues, shapValues } from './shap.ts';

/** What each thread gets once; the arrays are shared memory. */
export interface SharedRows {
  readonly forest: Forest;
  /** Rows, [n, features]. */
  readonly x: Float32Array;
  /** The order in which they are explained, [n]. */
  readonly order: Uint32Array;
  /** Place for the result, [n, features, targets]. */
  readonly values: Float64Array;
}

/** Rows order[start … end). */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** As shapValues, the same bytes, over `threads` worker threads. */
export async function shapValuesThreads(
  forest: Forest,
  x: Float32Array,
  n: number,
  threads: number,
): Promise<ShapValues> {
  const least = Math.min(threads, Math.floor(n / LEAST_ROWS));
  if (least <= 1) return shapValues(forest, x, n);
  const values = new Float64Array(new SharedArrayBuffer(n * forest.features * forest.targets * 8));
  const order = onSharedMemory(byFirstTree(forest, x, n));
  const ranges = least * Math.ceil(n / (BLOCK_ROWS * least));
  const bases = await runJobs({
    worker: workerUrl(import.meta.url, './shap-worker'),
    data: { forest: onShared(forest), x: onSharedMemory(x), order, values },
    jobs: Array.from({ length: ranges }, (_, i) => ({
      start: Math.floor((i * n) / ranges),
      end: Math.floor(((i + 1) * n) / ranges),
    })),
    threads,
    work: explainRange,
  });
  return { values, base: bases[0] };
}

/** Fewer rows than this are not worth a thread, and would be explained one by one, in other rounding. */
const LEAST_ROWS = 8;

function onShared(forest: Forest): Forest {
  return {
    targets: forest.targets,
    features: forest.features,
    roots: onSharedMemory(forest.roots),
    feature: onSharedMemory(forest.feature),
    threshold: onSharedMemory(forest.threshold),
    left: onSharedMemory(forest.left),
    right: onSharedMemory(forest.right),
    value: onSharedMemory(forest.value),
    cover: onSharedMemory(forest.cover),
  };
}

let opened: { readonly forest: Forest; readonly explainer: Explainer } | undefined;

/** One range of rows; gives the base. */
export function explainRange({ forest, x, order, values }: SharedRows, { start, end }: RowRange): Float64Array {
  if (opened?.forest !== forest) opened = { forest, explainer: openExplainer(forest) };
  opened.explainer.explain(x, order.subarray(start, end), values);
  return opened.explainer.base;
}
