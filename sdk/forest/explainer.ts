/** Explains rows of one forest by exact SHAP values, and keeps its trees laid out from call to call. The mathematics is in shap.ts. */
import type { Forest } from './forest.ts';
import { keepShapKernel, openShapKernel, type ShapKernel } from './kernels/shap-kernel.ts';
import { gaussLegendre, type Quadrature } from './quadrature.ts';
import { explainRows } from './shap-rows.ts';
import { layOutTrees, type ShapTrees, SPLIT_BYTES, shapTreesBytes } from './shap-tree.ts';

/** Rows that go through the trees at once: rows that decide alike share work, but their sums should stay near the core. */
export const BLOCK_ROWS = 256;
/** Bytes for the sums of the rows that go through at once. */
const MAX_SUM_BYTES = 2 ** 27;
/** Bytes for what is open on the way through a tree. */
const MAX_OPEN_BYTES = 2 ** 28;
/** Fewer rows than this go one by one: they have too little in common. */
const ROWS_TOGETHER = 4;
/** Entries of the kernel's map from pairs of patterns to their numbers. */
const MARKS = 65536;

export interface Explainer {
  /** Mean over the trees of the cover-weighted mean of the leaves, [targets]. */
  readonly base: Float64Array;
  /** Contribution of each feature to each target, [n, features, targets], in the targets' units; `x` is [n, features], row-major. */
  values(x: Float32Array, n: number): Float64Array;
  /** The same of some rows of a table, to their places in `values`, which held zeros: threads share both. */
  explain(x: Float32Array, rows: Uint32Array, values: Float64Array): void;
  /** Gives its memory to the next explainer. It must not be used afterwards; never closed, it just stays until it is collected. */
  close(): void;
}

/**
 * Lays out the trees of a forest.
 * @param rows most rows that one call will bring, where that is known: less memory is taken then
 * @param prefer the WASM kernel or its plain twin, which agree to some 1e-15 of a value's size; the twin is taken where WASM cannot load
 * Throws NadirError where the forest does not know how many rows each node saw in training.
 */
export function openExplainer(forest: Forest, rows = BLOCK_ROWS, prefer: 'wasm' | 'twin' = 'wasm'): Explainer {
  const kernel = prefer === 'wasm' ? openShapKernel(shapTreesBytes(forest)) : undefined;
  const buffer = kernel?.memory.buffer ?? new ArrayBuffer(shapTreesBytes(forest));
  const trees = layOutTrees(forest, buffer);
  const quadratures = new Map<number, Quadrature>();
  for (const { distinct } of trees.trees) {
    const q = Math.ceil(distinct / 2);
    if (q > 0 && !quadratures.has(q)) quadratures.set(q, gaussLegendre(q));
  }
  const fit = rowsThatFit(trees);
  const walk = kernel === undefined || fit < 8 ? undefined : openWalk(kernel, trees, quadratures, Math.min(rows, fit));
  const { features } = forest;
  const size = features * trees.targets;
  const explain = (x: Float32Array, chosen: Uint32Array, values: Float64Array): void => {
    if (walk !== undefined) {
      walk.explain(x, chosen, features, values);
      return;
    }
    const n = chosen.length;
    const own = new Float32Array(n * features);
    for (let i = 0; i < n; i++) own.set(x.subarray(chosen[i] * features, (chosen[i] + 1) * features), i * features);
    const sums = new Float64Array(n * size);
    for (const tree of trees.trees) {
      const quadrature = quadratures.get(Math.ceil(tree.distinct / 2));
      if (quadrature !== undefined) explainRows(trees, tree, quadrature, own, n, features, sums);
    }
    for (let i = 0; i < n; i++) values.set(sums.subarray(i * size, (i + 1) * size), chosen[i] * size);
  };
  return {
    base: trees.base,
    values(x, n) {
      if (x.length !== n * features) throw new RangeError(`${x.length} values are not [${n}, ${features}]`);
      const values = new Float64Array(n * size);
      if (walk !== undefined && n < ROWS_TOGETHER) walk.explainOneByOne(x, n, features, values);
      else explain(x, byFirstTree(forest, x, n), values);
      return values;
    },
    explain,
    close: () => {
      if (kernel !== undefined) keepShapKernel(kernel);
    },
  };
}

/**
 * Numbers of the rows by the leaf of the first tree that each ends in. Nodes are in preorder, so neighbours share most of their way, and rows
 * that decide alike go through the other trees together as well.
 */
export function byFirstTree(forest: Forest, x: Float32Array, n: number): Uint32Array {
  const { roots, feature, threshold, left, right, features } = forest;
  const leaf = Uint32Array.from({ length: n }, (_, row) => {
    let node = roots[0];
    while (feature[node] >= 0) node = x[row * features + feature[node]] <= threshold[node] ? left[node] : right[node];
    return node;
  });
  return Uint32Array.from({ length: n }, (_, row) => row).sort((a, b) => leaf[a] - leaf[b] || a - b);
}

/** Rows that may go through the trees at once for their sums and for V at all open splits; below 8 the kernel is not worth its memory. */
function rowsThatFit({ used, lanes, trees }: ShapTrees): number {
  let open = 1;
  for (const { levels, distinct } of trees) open = Math.max(open, (levels + 1) * 2 * even(Math.ceil(distinct / 2)));
  const bySums = Math.floor(MAX_SUM_BYTES / (Math.max(1, used.length) * lanes * 8));
  const byOpen = Math.floor(MAX_OPEN_BYTES / (open * lanes * 8));
  return Math.min(BLOCK_ROWS, Math.max(bySums & ~7, 8), byOpen & ~7);
}

/** Undefined where memory for it cannot be had. */
function openWalk(...parts: ConstructorParameters<typeof KernelWalk>): KernelWalk | undefined {
  try {
    return new KernelWalk(...parts);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Rows in blocks through the WASM kernel. */
class KernelWalk {
  readonly #kernel: ShapKernel;
  readonly #trees: ShapTrees;
  readonly #quadratureAt = new Map<number, number>();
  /** Rows of a block. */
  readonly #rows: number;
  readonly #leafAt: number;
  readonly #xAt: number;
  readonly #sumsAt: number;
  readonly #marksAt: number;
  readonly #workAt: number;

  constructor(kernel: ShapKernel, trees: ShapTrees, quadratures: ReadonlyMap<number, Quadrature>, rows: number) {
    const columns = trees.used.length;
    this.#kernel = kernel;
    this.#trees = trees;
    this.#rows = Math.max(8, rows);
    this.#leafAt = trees.leafValue.byteOffset;
    let end = this.#leafAt + trees.leafValue.byteLength;
    const reserve = (bytes: number) => {
      const at = Math.ceil(end / 64) * 64;
      end = at + bytes;
      return at;
    };
    const padded = Math.ceil(this.#rows / 8) * 8;
    for (const q of quadratures.keys()) this.#quadratureAt.set(q, reserve(3 * even(q) * 8));
    this.#marksAt = reserve(MARKS * 4);
    this.#xAt = reserve(columns * padded * 4);
    this.#sumsAt = reserve(columns * padded * trees.lanes * 8);
    let work = 0;
    for (const { levels, distinct } of trees.trees) {
      const q = Math.ceil(distinct / 2);
      work = Math.max(
        work,
        kernel.workBytes(levels, q, this.#rows, trees.lanes),
        kernel.rowWorkBytes(levels, q, trees.lanes),
      );
    }
    this.#workAt = reserve(work);
    kernel.memory.grow(Math.max(0, Math.ceil((end - kernel.memory.buffer.byteLength) / 65536)));
    for (const [q, { nodes, weights }] of quadratures) {
      const at = this.#quadratureAt.get(q) ?? 0;
      const table = new Float64Array(kernel.memory.buffer, at, 3 * even(q));
      for (let k = 0; k < even(q); k++) {
        table[k] = k < q ? nodes[k] : 0;
        table[even(q) + k] = 1 - table[k];
        table[2 * even(q) + k] = k < q ? weights[k] : 0;
      }
    }
  }

  /** Writes the SHAP values of some rows of x to their places in `values` [*, features, targets]. */
  explain(x: Float32Array, rows: Uint32Array, features: number, values: Float64Array): void {
    for (let start = 0; start < rows.length; start += this.#rows)
      this.#explainBlock(x, rows.subarray(start, start + this.#rows), features, values);
  }

  /** Those of `n` rows: what little they share is not worth the work. */
  explainOneByOne(x: Float32Array, n: number, features: number, values: Float64Array): void {
    for (let row = 0; row < n; row++) this.#explainOne(x, row, features, values);
  }

  #explainOne(x: Float32Array, row: number, features: number, values: Float64Array): void {
    const { used, lanes, targets, trees } = this.#trees;
    const { buffer } = this.#kernel.memory;
    const columns = new Float32Array(buffer, this.#xAt, used.length);
    const sums = new Float64Array(buffer, this.#sumsAt, used.length * lanes).fill(0);
    for (let c = 0; c < used.length; c++) columns[c] = x[row * features + used[c]];
    for (const tree of trees) {
      if (tree.splits === 0) continue;
      const q = Math.ceil(tree.distinct / 2);
      this.#kernel.explainRow(
        tree.split * SPLIT_BYTES,
        tree.splits,
        this.#leafAt + tree.leaf * lanes * 8,
        q,
        this.#quadratureAt.get(q) ?? 0,
        this.#xAt,
        this.#sumsAt,
        lanes,
        this.#workAt,
      );
    }
    for (let c = 0; c < used.length; c++) {
      const to = (row * features + used[c]) * targets;
      for (let t = 0; t < targets; t++) values[to + t] = sums[c * lanes + t];
    }
  }

  #explainBlock(x: Float32Array, chosen: Uint32Array, features: number, values: Float64Array): void {
    const rows = chosen.length;
    const { used, lanes, targets, trees } = this.#trees;
    const { buffer } = this.#kernel.memory;
    const padded = Math.ceil(rows / 8) * 8;
    const columns = new Float32Array(buffer, this.#xAt, used.length * padded);
    const sums = new Float64Array(buffer, this.#sumsAt, used.length * padded * lanes).fill(0);
    for (let row = 0; row < rows; row++) {
      const from = chosen[row] * features;
      for (let c = 0; c < used.length; c++) columns[c * padded + row] = x[from + used[c]];
    }
    for (const tree of trees) {
      if (tree.splits === 0) continue;
      const q = Math.ceil(tree.distinct / 2);
      this.#kernel.explain(
        tree.split * SPLIT_BYTES,
        tree.splits,
        this.#leafAt + tree.leaf * lanes * 8,
        tree.levels,
        q,
        this.#quadratureAt.get(q) ?? 0,
        this.#xAt,
        this.#sumsAt,
        rows,
        lanes,
        this.#workAt,
        this.#marksAt,
      );
    }
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < used.length; c++) {
        const to = (chosen[row] * features + used[c]) * targets;
        const from = (c * padded + row) * lanes;
        for (let t = 0; t < targets; t++) values[to + t] = sums[from + t];
      }
    }
  }
}

function even(q: number): number {
  return q + (q & 1);
}
