/**
 * Measures what sdk/compact/budget.ts states: peak resident memory of a process that has loaded what flies and then loads and runs a model.
 * Run as `node tools/pinned.mjs test/compact/runtime-memory.ts [MODEL INPUT DIM…]`; prints bytes as JSON {runtime, peak}.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import 'mqtt';
import 'msgpackr';
import 'zod';
import { DataType, model, node, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { openOnnx } from '../../sdk/compact/parity.ts';

function peak(): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function load(bytes: Uint8Array, dims: readonly number[]): Promise<void> {
  const session = await openOnnx(bytes, 'measured model');
  const count = dims.reduce((product, length) => product * length, 1);
  for (let i = 0; i < 5; i++) await session.run(new Float32Array(count), dims, session.outputs[0]);
}

const folder = mkdtempSync(join(tmpdir(), 'nadir-memory-'));
const store = open({ path: folder });
await store.put('a', 1);
const row = (name: string) => valueInfo(name, DataType.float, ['N', 4]);
const oneNode = { name: 'one', node: [node('Relu', ['x'], ['y'])], input: [row('x')], output: [row('y')] };
await load(writeOnnx(model(oneNode, [{ version: 17 }])), [1, 4]);
const runtime = peak();
const [file, ...dims] = process.argv.slice(2);
if (file !== undefined) await load(readFileSync(file), dims.map(Number));
console.log(JSON.stringify({ runtime, peak: peak() }));
await store.close();
rmSync(folder, { recursive: true });
