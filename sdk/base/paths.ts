/** Where this package's own files are, in a checkout (sdk/…/*.ts) and as published (dist/sdk/…/*.js). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that holds package.json, models/ and device-profiles/. */
export const PACKAGE_ROOT: string = findRoot();

/** Path of a shipped file, such as `shippedPath('models', 'encoder', 'efficientnet_lite0.onnx')`. */
export function shippedPath(...parts: string[]): string {
  return join(PACKAGE_ROOT, ...parts);
}

/** Path of one of our modules, named without extension from the root, to be run as a worker or a process of its own. */
export function modulePath(name: string): string {
  return import.meta.url.endsWith('.ts') ? join(PACKAGE_ROOT, `${name}.ts`) : join(PACKAGE_ROOT, 'dist', `${name}.js`);
}

function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'nadir') return folder;
  }
  throw new Error('package.json of nadir not found');
}
