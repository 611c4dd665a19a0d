#!/usr/bin/env node
// The `nadir` command's door: hands over to the pinned Node that every part of Nadir is tested on and flies with.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPinned } from '../tools/pinned.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'sdk', 'cli', 'main.ts');
const main = existsSync(source) ? source : join(root, 'dist', 'sdk', 'cli', 'main.js');
runPinned([main, ...process.argv.slice(2)]);
