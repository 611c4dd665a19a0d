/**
 * Training on an archive that is larger than memory: makes Parquet shards of ROWS embeddings of length 512 (10 GB of float32 for the 5,000,000
 * by default), trains n = 1,024 latents on one pass over them with `nadir concepts train` in a process of its own, and prints one JSON document:
 * the process's greatest resident set, samples a second, and what the model is worth held out. Exit code 1 above 1 GiB resident.
 * Run: node tools/pinned.mjs test/campaigns/stream-millions.ts [ROWS] [MEMORY_MIB] [THREADS]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shippedPath } from '../../sdk/base/index.ts';
import { writeMadeUpShards } from '../concepts/shards/write-parquet.ts';

const D = 512;
const LIMIT_BYTES = 2 ** 30;
const [rows = 5_000_000, memoryMiB = 1024, threads = 1] = process.argv.slice(2).map(Number);

const folder = mkdtempSync(join(tmpdir(), 'nadir-stream-millions-'));
try {
  const data = join(folder, 'shards');
  const started = performance.now();
  mkdirSync(data);
  await writeMadeUpShards(data, { rows, d: D, shardRows: 250_000, groupRows: 8192, seed: 1 });
  const makeSeconds = (performance.now() - started) / 1000;
  const shards = readdirSync(data);
  const { document, peakBytes } = await train(data, join(folder, 'model'));
  const result = {
    ...{
      rows,
      d: D,
      shards: shards.length,
      shardBytes: shards.reduce((sum, name) => sum + statSync(join(data, name)).size, 0),
    },
    ...{
      valueBytes: 4 * rows * D,
      makeSeconds,
      memoryMiB,
      threads,
      peakResidentBytes: peakBytes,
      limitBytes: LIMIT_BYTES,
    },
    ...{ samplesPerCpuSecond: document.samplesPerCpuSecond, wallSeconds: document.wallSeconds },
    ...{ cpuSeconds: document.cpuSeconds, holdout: document.holdout },
  };
  console.log(JSON.stringify(result));
  process.exitCode = peakBytes <= LIMIT_BYTES ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

interface Document {
  readonly samplesPerCpuSecond: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly holdout: unknown;
}

/** Trains in a process of its own; gives its document and its greatest resident set. */
async function train(data: string, out: string): Promise<{ document: Document; peakBytes: number }> {
  const options = ['--levels', '4,16', '--expansion', '2', '--batch', '4096', '--epochs', '1'];
  const surroundings = ['--memory', `${memoryMiB}`, '--threads', `${threads}`, '--out', out, '--json'];
  const main = shippedPath('sdk', 'cli', 'main.ts');
  const child = spawn(process.execPath, [main, 'concepts', 'train', '--data', data, ...options, ...surroundings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  // the kernel's own high-water mark, which is gone once the process has ended
  let peakKiB = 0;
  const watch = setInterval(() => {
    peakKiB = Math.max(peakKiB, peakOf(child.pid));
  }, 50);
  const [code] = await once(child, 'close');
  clearInterval(watch);
  if (code !== 0) throw new Error(`the training ended with ${code}`);
  return { document: JSON.parse(text), peakBytes: 1024 * peakKiB };
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
