// Makes a checkout ready: installs the locked dependencies when the lock file is newer than what is installed, then builds
// what is missing. npm's own pre-scripts do not run here, since .npmrc sets ignore-scripts; `npm start` and `npm test` call this first.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(
      `nadir: "${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}. Read the lines above.`,
    );
    process.exit(status ?? 1);
  }
}

const lock = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');
if (!existsSync(installed) || statSync(lock).mtimeMs > statSync(installed).mtimeMs) run('npm', ['ci', '--no-progress']);
run('node', [join(root, 'tools', 'pinned.mjs'), join(root, 'tools', 'build.ts')]);
