/** Opens the SHAP kernel (assembly/shap.ts); the plain TypeScript walk of ../shap-rows.ts stands in where it cannot load. */
import { fitsWasm, openWasm } from '../../base/index.ts';

/** Pointers are byte offsets into `memory`; what each function does is said in assembly/shap.ts. */
export interface ShapKernel {
  readonly memory: WebAssembly.Memory;
  workBytes(levels: number, nodes: number, rows: number, lanes: number): number;
  explain(
    records: number,
    splits: number,
    leafValues: number,
    levels: number,
    nodes: number,
    quadrature: number,
    x: number,
    sums: number,
    rows: number,
    lanes: number,
    work: number,
    marks: number,
  ): void;
  rowWorkBytes(levels: number, nodes: number, lanes: number): number;
  explainRow(
    records: number,
    splits: number,
    leafValues: number,
    nodes: number,
    quadrature: number,
    x: number,
    sums: number,
    lanes: number,
    work: number,
  ): void;
}

const MODULE = new URL('./build/shap.wasm', import.meta.url);

/** Larger memories are not kept. */
const MAX_KEPT_BYTES = 2 ** 24;
/** One whose explainer is done: its pages are there already, which takes longer than explaining a few rows. */
let kept: ShapKernel | undefined;

/** A kernel over a memory of at least `bytes`, all zero; undefined where WASM or its SIMD cannot load, or the memory is too large. */
export function openShapKernel(bytes: number): ShapKernel | undefined {
  const known = kept;
  if (known !== undefined && known.memory.buffer.byteLength >= bytes) {
    kept = undefined;
    new Uint8Array(known.memory.buffer).fill(0);
    return known;
  }
  return fitsWasm(bytes) ? openWasm<Omit<ShapKernel, 'memory'>>(MODULE, bytes, true) : undefined;
}

/** Takes back a kernel that nobody uses any more. */
export function keepShapKernel(kernel: ShapKernel): void {
  if (kernel.memory.buffer.byteLength <= MAX_KEPT_BYTES) kept = kernel;
}
