/** SHAP values on several threads: rows are split, and a row's bytes do not depend on those it goes with. */
import { runJobs, workerUrl } from '../base/index.ts';
import { type Explainer, openExplainer } from './explainer.ts';
import type { Forest } from './forest.ts';
import { type ShapValues, shapValues } from './shap.ts';

/** What each thread gets once: the rows [n, features] and the place for the result [n, features, targets] are shared memory. */
export interface SharedRows {
  readonly forest: Forest;
  readonly x: SharedArrayBuffer;
  readonly values: SharedArrayBuffer;
}

/** Rows from `start` to before `end`. */
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
  const ranges = Math.min(threads, Math.floor(n / LEAST_ROWS));
  if (ranges <= 1) return shapValues(forest, x, n);
  const shared = new SharedArrayBuffer(x.byteLength);
  new Float32Array(shared).set(x);
  const values = new SharedArrayBuffer(n * forest.features * forest.targets * 8);
  const jobs = Array.from({ length: ranges }, (_, i) => ({
    start: Math.floor((i * n) / ranges),
    end: Math.floor(((i + 1) * n) / ranges),
  }));
  const bases = await runJobs({
    worker: workerUrl(import.meta.url, './shap-worker'),
    data: { forest, x: shared, values },
    jobs,
    threads,
    work: explainRange,
  });
  return { values: new Float64Array(values), base: bases[0] };
}

/** Fewer rows than this are not worth a thread, and would be explained one by one, in other rounding. */
const LEAST_ROWS = 8;

let opened: { readonly forest: Forest; readonly explainer: Explainer } | undefined;

/** One range of rows; gives the base. */
export function explainRange({ forest, x, values }: SharedRows, { start, end }: RowRange): Float64Array {
  if (opened?.forest !== forest) opened = { forest, explainer: openExplainer(forest, end - start) };
  const { features, targets } = forest;
  const rows = new Float32Array(x, start * features * 4, (end - start) * features);
  const into = new Float64Array(values, start * features * targets * 8, (end - start) * features * targets);
  into.set(opened.explainer.values(rows, end - start));
  return opened.explainer.base;
}
