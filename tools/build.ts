/** Builds what cannot run by type stripping: the WASM kernels. `--package` also makes dist/, the published package. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../sdk/base/index.ts';
import { buildKernels } from './build-kernels.ts';

await buildKernels();

if (process.argv.includes('--package')) {
  rmSync(join(PACKAGE_ROOT, 'dist'), { recursive: true, force: true });
  const compiler = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.package.json'], {
    cwd: PACKAGE_ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  for (const part of ['sae', 'forest']) {
    const kernels = join(PACKAGE_ROOT, 'sdk', part, 'kernels', 'build');
    if (existsSync(kernels))
      cpSync(kernels, join(PACKAGE_ROOT, 'dist', 'sdk', part, 'kernels', 'build'), { recursive: true });
  }
}
