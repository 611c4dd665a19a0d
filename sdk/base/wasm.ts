/** Opens WASM kernels that stand beside their callers. Where one is not built, or the engine has no SIMD, its plain twin does the work. */
import { readFileSync } from 'node:fs';
import { NadirError } from './error.ts';

const PAGE = 65_536;
/** 2 GiB less a page: offsets stay positive as 32-bit integers. */
const MAX_BYTES = 2 ** 31 - PAGE;

const modules = new Map<string, WebAssembly.Module | undefined>();

/**
 * An instance of the kernels on a fresh memory of at least `bytes`, all zero; undefined where they cannot load.
 * @param module the built file, beside the caller: `new URL('./build/train.wasm', import.meta.url)`
 * @param mayGrow whether the memory may grow to 2 GiB
 */
export function openWasm<Exports>(
  module: URL,
  bytes: number,
  mayGrow = false,
): (Exports & { readonly memory: WebAssembly.Memory }) | undefined {
  const pages = Math.ceil(bytes / PAGE) + 1;
  if (compile(module) === undefined) return undefined;
  return openWasmOn(module, new WebAssembly.Memory({ initial: pages, maximum: mayGrow ? MAX_BYTES / PAGE : pages }));
}

/** A memory of at least `bytes`, all zero, that threads can share. */
export function sharedWasmMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE) + 1;
  const descriptor = { initial: pages, maximum: pages, shared: true };
  return new WebAssembly.Memory(descriptor);
}

/** An instance of the kernels on this memory; undefined where they cannot load. */
export function openWasmOn<Exports>(
  module: URL,
  memory: WebAssembly.Memory,
): (Exports & { readonly memory: WebAssembly.Memory }) | undefined {
  const compiled = compile(module);
  if (compiled === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return { ...(exports as Exports), memory };
}

/** Whether a memory may have so many bytes. */
export function fitsWasm(bytes: number): boolean {
  return bytes <= MAX_BYTES - PAGE;
}

/** Throws where a training would need more memory than its kernels can address. */
export function requireFits(bytes: number, where: string, remedy: string): void {
  if (fitsWasm(bytes)) return;
  throw new NadirError({
    what: `training would need ${Math.ceil(bytes / 2 ** 20)} MiB, more than ${Math.floor(MAX_BYTES / 2 ** 20)}`,
    where,
    remedy,
  });
}

function compile(module: URL): WebAssembly.Module | undefined {
  if (!modules.has(module.href)) {
    try {
      modules.set(module.href, new WebAssembly.Module(readFileSync(module)));
    } catch {
      modules.set(module.href, undefined);
    }
  }
  return modules.get(module.href);
}
