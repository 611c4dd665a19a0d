/**
 * Encoding against PyTorch: the 64 strongest latents of one embedding and of 256, d 512, n 4,096, one thread. Seconds are the median wall time of
 * a call; both sides should print the same sum of all values.
 */
import { join } from 'node:path';
import { writeNpy } from '../../../sdk/base/index.ts';
import { CodeEncoder, type SaeWeights, TRAIN_DEFAULTS, trainSae } from '../../../sdk/sae/index.ts';
import type { BenchCase, Measured } from '../case.ts';
import { benchEmbeddings } from './embeddings.ts';

const [D, EXPANSION, ROWS, K] = [512, 8, 4096, 64];
const SEED = 1;
/** A side is called for so long. */
const MILLISECONDS = 2000;

interface Model {
  readonly rows: Float32Array;
  readonly sae: SaeWeights;
}

let made: Promise<Model> | undefined;

function model(): Promise<Model> {
  made ??= train();
  return made;
}

async function train(): Promise<Model> {
  const rows = benchEmbeddings(ROWS, D, SEED);
  const sae = (
    await trainSae(rows, D, {
      ...TRAIN_DEFAULTS,
      ...{ kind: 'topk', levels: [K], expansion: EXPANSION, batch: 1024, epochs: 2, seed: SEED, threads: 1 },
    })
  ).weights;
  return { rows, sae };
}

/** Weights and biases that take raw rows: centring and scale are in them. */
async function writeRun(folder: string): Promise<void> {
  const { rows, sae } = await model();
  const { n, wEnc, bLat, bPre, mean, scale } = sae;
  const bias = Float32Array.from(bLat, (own, latent) => {
    let sum = own;
    for (let i = 0; i < D; i++) sum -= wEnc[latent * D + i] * (mean[i] * scale + bPre[i]);
    return sum;
  });
  await writeNpy(join(folder, 'rows.npy'), { data: rows, shape: [ROWS, D] });
  await writeNpy(join(folder, 'weights.npy'), { data: wEnc.map((weight) => weight * scale), shape: [n, D] });
  await writeNpy(join(folder, 'bias.npy'), { data: bias, shape: [n] });
}

function encoding(what: string, goal: number, count: number): BenchCase {
  return {
    name: `encode/64 strongest of ${what}`,
    goal,
    repeats: 3,
    prepare: writeRun,
    ours: async (): Promise<Measured> => {
      const { rows, sae } = await model();
      const encoder = await CodeEncoder.open(sae, K);
      const times: number[] = [];
      let sum = 0;
      const end = performance.now() + MILLISECONDS;
      for (let at = 0; at < ROWS || performance.now() < end; at += count) {
        const from = (at % ROWS) * D;
        const embeddings = rows.subarray(from, from + count * D);
        const start = performance.now();
        const codes = await encoder.codes(embeddings);
        times.push(performance.now() - start);
        if (at < ROWS) for (const { values } of codes) for (const value of values) sum += value;
      }
      await encoder.close();
      const seconds = times.sort((a, b) => a - b)[times.length >> 1] / 1000;
      return { seconds, rowsPerSecond: count / seconds, sum };
    },
    peer: { name: 'PyTorch', script: 'sae_encode.py', arguments: [String(count)] },
  };
}

export const cases: BenchCase[] = [encoding('one sample', 1.5, 1), encoding('a batch of 256', 2, 256)];
