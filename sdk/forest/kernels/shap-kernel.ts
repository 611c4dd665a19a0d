/** Opens the SHAP kernel (assembly/shap.ts); the plain TypeScript walk of ../shap-rows.ts stands in where it cannot load. */
import { readFileSync } from 'node:fs';

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

const PAGE = 65536;
/** 2 GiB less a page: offsets stay positive as int32. */
const MAX_PAGES = 2 ** 15 - 1;

/** A kernel over a fresh memory of at least `bytes`, all zero; undefined where WASM or its SIMD cannot load, or the memory is too large. */
export function openShapKernel(bytes: number): ShapKernel | undefined {
  const pages = Math.ceil(bytes / PAGE) + 1;
  if (pages > MAX_PAGES) return undefined;
  const module = compiled();
  if (module === undefined) return undefined;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return { ...(exports as unknown as Omit<ShapKernel, 'memory'>), memory };
}

let loaded: { readonly module: WebAssembly.Module | undefined } | undefined;

function compiled(): WebAssembly.Module | undefined {
  if (loaded === undefined) {
    try {
      loaded = { module: new WebAssembly.Module(readFileSync(new URL('./build/shap.wasm', import.meta.url))) };
    } catch {
      loaded = { module: undefined }; // not built, or an engine without SIMD
    }
  }
  return loaded.module;
}
