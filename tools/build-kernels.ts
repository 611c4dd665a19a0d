/** Compiles the AssemblyScript kernels, sdk/PART/kernels/assembly/NAME.ts to sdk/PART/kernels/build/NAME.wasm, where a source is newer. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../sdk/base/index.ts';

/** Sources whose name ends so are for memories that threads share, of at most 2 GiB. */
const SHARED = '-shared.ts';
const SHARED_OPTIONS = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '32768'];
const OPTIONS = ['-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd', '--noAssert'];

/** Builds every kernel that is missing or older than its source. Throws where a source does not compile. */
export async function buildKernels(): Promise<void> {
  for (const part of readdirSync(join(PACKAGE_ROOT, 'sdk'))) {
    const kernels = join(PACKAGE_ROOT, 'sdk', part, 'kernels');
    const sources = join(kernels, 'assembly');
    if (!existsSync(sources)) continue;
    for (const file of readdirSync(sources).sort()) {
      if (!file.endsWith('.ts')) continue;
      await compile(join(sources, file), join(kernels, 'build', `${file.slice(0, -3)}.wasm`));
    }
  }
}

async function compile(source: string, target: string): Promise<void> {
  if (existsSync(target) && statSync(target).mtimeMs > newestSource(join(source, '..'))) return;
  mkdirSync(join(target, '..'), { recursive: true });
  // loaded only when there is work: it takes a second
  const { main } = await import('assemblyscript/asc');
  const options = source.endsWith(SHARED) ? [...OPTIONS, ...SHARED_OPTIONS] : OPTIONS;
  const { error, stderr } = await main([source, '--outFile', target, ...options]);
  if (error) throw new Error(`${source} does not compile: ${error.message}\n${stderr.toString()}`);
}

/** When any source of the part was last changed: kernels import files from folders beside them. */
function newestSource(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Math.max(...files.map((file) => statSync(join(folder, file)).mtimeMs));
}

if (import.meta.main) await buildKernels();
