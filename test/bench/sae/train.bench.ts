/**
 * Training of sparse autoencoders against PyTorch's: d 512, n 4,096, batches of 1,024, the same number of steps, first weights and batches (the
 * packages have first weights of their own). Set-up is not counted; `fvu` is the held-out quality, by the 64 strongest latents.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpy } from '../../../sdk/base/index.ts';
import {
  codesOf,
  DenseProduct,
  measureReconstruction,
  preActivationsOf,
  reconstruct,
  type SaeWeights,
  TRAIN_DEFAULTS,
  trainSae,
} from '../../../sdk/sae/index.ts';
import { initialWeights } from '../../../sdk/sae/initialise.ts';
import { RowsInMemory } from '../../../sdk/sae/row-source.ts';
import type { BenchCase, Measured } from '../case.ts';
import { benchEmbeddings } from './embeddings.ts';

const [D, EXPANSION, BATCH] = [512, 8, 1024];
const [ROWS, HELD] = [8 * BATCH, BATCH];
const EPOCHS = 4;
const SEED = 1;
/** Latents of the codes whose quality is compared. */
const K = 64;

const OURS = [8, 16, 32, 64, 128, 256];
const PAPERS = [64, 128, 256, 512, 1024, 2048, 4096];

let made: { rows: Float32Array; held: Float32Array } | undefined;

function data() {
  if (made) return made;
  const all = benchEmbeddings(ROWS + HELD, D, SEED);
  made = { rows: all.subarray(0, ROWS * D), held: all.subarray(ROWS * D) };
  return made;
}

/** Writes the run for the peers: peers/sae_bench.py says what. */
async function writeRun(folder: string): Promise<void> {
  const { rows, held } = data();
  const source = new RowsInMemory(rows, D, SEED);
  const dense = await DenseProduct.open(1);
  const { initialisation, learningRate } = TRAIN_DEFAULTS;
  const first = await initialWeights(source.sample, D, EXPANSION * D, initialisation, SEED, dense);
  await dense.close();
  const steps = (EPOCHS * ROWS) / BATCH;
  const batches = new Float32Array(EPOCHS * ROWS * D);
  for (let step = 0; step < steps; step++) {
    const at = step * BATCH;
    const batch = await source.batch(Math.floor(at / ROWS), at % ROWS, BATCH);
    batch.load(0, BATCH, batches.subarray(at * D, (at + BATCH) * D), D);
  }
  const write = (name: string, array: Float32Array, shape: number[]) =>
    writeNpy(join(folder, `${name}.npy`), { data: array, shape });
  await write('batches', batches, [steps, BATCH, D]);
  await write('encoder', first.wEnc, [EXPANSION * D, D]);
  await write('dictionary', first.wDec, [EXPANSION * D, D]);
  await write('held', held, [HELD, D]);
  await write('mean', source.mean, [D]);
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ learningRate, scale: source.scale, k: K }));
}

/** Trains as the peers do; both kinds of seconds are without set-up. */
async function train(levels: readonly number[], threads: number) {
  let begun = 0;
  const { weights, samplesPerCpuSecond } = await trainSae(data().rows, D, {
    ...TRAIN_DEFAULTS,
    ...{ kind: levels.length > 1 ? 'msae' : 'topk', levels, expansion: EXPANSION, batch: BATCH, epochs: EPOCHS },
    ...{ seed: SEED, threads },
    progress: {
      log: () => {
        // the first line is told once the first weights are there
        begun ||= performance.now();
      },
    },
  });
  return { weights, samplesPerCpuSecond, wallSeconds: (performance.now() - begun) / 1000 };
}

async function heldOutFvu(weights: SaeWeights): Promise<number> {
  const { held } = data();
  const codes = codesOf(await preActivationsOf(weights, held, 1), weights.n, K);
  return measureReconstruction(held, reconstruct(weights, codes), D).fvu;
}

function against(
  what: string,
  goal: number | null,
  levels: readonly number[],
  peer: { readonly name: string; readonly script: string; readonly arguments: readonly string[] },
  repeats = 3,
): BenchCase {
  return {
    name: `train/${what} against ${peer.name}`,
    goal,
    repeats,
    prepare: writeRun,
    ours: async (): Promise<Measured> => {
      const { weights, samplesPerCpuSecond } = await train(levels, 1);
      return {
        seconds: (EPOCHS * ROWS) / samplesPerCpuSecond,
        samplesPerCpuSecond,
        fvu: await heldOutFvu(weights),
      };
    },
    peer,
  };
}

function own(way: 'nested' | 'autograd' | 'dense', name: string, levels: readonly number[]) {
  return { name, script: 'sae_training.py', arguments: [way, ...levels.map(String)] };
}

function latentsae(levels: readonly number[]) {
  return { name: 'latentsae', script: 'sae_latentsae.py', arguments: levels.map(String) };
}

/** Wall seconds of all cores beside those of one. */
const twoThreads: BenchCase = {
  name: 'train/levels 8–256 on two threads, wall seconds',
  goal: 1.7,
  repeats: 3,
  prepare: async () => {
    data();
  },
  ours: () => wall(2),
  peerHere: { name: 'one thread, wall seconds', run: () => wall(1) },
};

async function wall(threads: number): Promise<Measured> {
  const { wallSeconds, samplesPerCpuSecond } = await train(OURS, threads);
  return { seconds: wallSeconds, samplesPerCpuSecond };
}

export const cases: BenchCase[] = [
  against('levels 8–256', 3, OURS, own('nested', 'nested PyTorch', OURS)),
  against('levels 8–256', 3, OURS, own('autograd', 'nested PyTorch by autograd', OURS)),
  against('levels 8–256', 13, OURS, latentsae(OURS), 2),
  against("the paper's levels", 4, PAPERS, own('dense', 'dense PyTorch', PAPERS), 2),
  against('TopK 64', 3.2, [K], { name: 'eai-sparsify', script: 'sae_sparsify.py', arguments: [String(K), '8'] }),
  against('TopK 64', null, [K], latentsae([K])),
  against('TopK 64', 3.2, [K], own('nested', 'PyTorch by hand', [K])),
  twoThreads,
];
