/**
 * Kills trainings at random moments: `nadir concepts train` runs in a process of its own that keeps a checkpoint after every step, is killed with
 * SIGKILL at a seeded random moment, and is started again, until it ends; its weights must be those of one that was never stopped, byte for
 * byte. Once with an .npy held in memory, once with Parquet shards that are streamed. Prints one JSON document; exit code 1 where bytes
 * differ or a kill left something behind.
 * Run: node tools/pinned.mjs test/campaigns/training-kills.ts [KILLS] [SEED], KILLS for each of the two.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, sha256, shippedPath, writeNpy } from '../../sdk/base/index.ts';
import { writeMadeUpShards } from '../concepts/shards/write-parquet.ts';

const [kills = 20, seed = 0] = process.argv.slice(2).map(Number);
/** What a training writes that must not depend on kills. */
const WRITTEN = ['sae.safetensors', 'model.json', 'activity.npy', 'sample.npy', 'report.html'];

interface Case {
  readonly name: string;
  readonly data: string;
  readonly options: readonly string[];
}

interface Outcome {
  readonly name: string;
  readonly kills: number;
  /** Kills that came before the first checkpoint was there. */
  readonly beforeCheckpoint: number;
  /** Trainings that ended after the kills, and those of them whose bytes are not those of the one never stopped. */
  readonly trainings: number;
  readonly different: number;
  /** Files of ended trainings that should not be there. */
  readonly leftovers: number;
  readonly uninterruptedSeconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'nadir-training-kills-'));
try {
  const outcomes: Outcome[] = [];
  for (const one of await writeCases()) outcomes.push(await killCase(one));
  console.log(JSON.stringify({ seed, outcomes }));
  process.exitCode = outcomes.every(({ different, leftovers }) => different + leftovers === 0) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function writeCases(): Promise<Case[]> {
  const random = Random.of(seed, 'rows of the campaign');
  const d = 64;
  const npy = join(folder, 'memory.npy');
  await writeNpy(npy, { shape: [6000, d], data: Float32Array.from({ length: 6000 * d }, () => random.normal()) });
  const shards = join(folder, 'shards');
  mkdirSync(shards);
  await writeMadeUpShards(shards, { rows: 110_000, d: 512, shardRows: 40_000, groupRows: 4096, seed });
  return [
    { name: 'in memory', data: npy, options: ['--levels', '4,16', '--batch', '64', '--epochs', '5'] },
    // 215 MiB of values, of which a training in memory would hold four copies: streamed
    {
      name: 'streamed',
      data: shards,
      options: ['--levels', '4,8', '--batch', '2048', '--epochs', '2', '--memory', '800'],
    },
  ];
}

async function killCase({ name, data, options }: Case): Promise<Outcome> {
  const random = Random.of(seed, `moments, ${name}`);
  const started = performance.now();
  const reference = await train(data, join(folder, `${name} whole`), options);
  if (reference.killed) throw new Error('the uninterrupted training was killed');
  const seconds = (performance.now() - started) / 1000;
  let [killed, beforeCheckpoint, trainings, different, leftovers] = [0, 0, 0, 0, 0];
  while (killed < kills || trainings === 0) {
    const out = join(folder, `${name} ${trainings}`);
    for (let done = false; !done; ) {
      // any moment: while it starts, within a step, while it writes a checkpoint or its results
      const after = killed < kills ? random.uniform() * seconds : undefined;
      const run = await train(data, out, options, after);
      done = !run.killed;
      if (!run.killed) continue;
      killed++;
      if (!existsSync(join(out, 'checkpoint.safetensors'))) beforeCheckpoint++;
    }
    trainings++;
    if (hashOf(out) !== hashOf(join(folder, `${name} whole`))) different++;
    leftovers += readdirSync(out).filter((file) => /checkpoint|partial/.test(file)).length;
    rmSync(out, { recursive: true });
    console.error(`${name}: ${killed} of ${kills} kills, ${trainings} trainings ended, ${different} different`);
  }
  return { name, kills: killed, beforeCheckpoint, trainings, different, leftovers, uninterruptedSeconds: seconds };
}

/** Trains to the end, or until it is killed after so many seconds. */
async function train(data: string, out: string, options: readonly string[], killAfter?: number) {
  const main = shippedPath('sdk', 'cli', 'main.ts');
  const shared = ['--data', data, '--out', out, '--threads', '1', '--checkpoint-every', '0', '--seed', `${seed}`];
  const child = spawn(process.execPath, [main, 'concepts', 'train', ...shared, ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), 1000 * killAfter);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal === null && code !== 0) throw new Error(`the training ended with ${code}: ${said}`);
  return { killed: signal !== null };
}

function hashOf(out: string): string {
  return WRITTEN.map((file) => sha256(readFileSync(join(out, file)))).join();
}
