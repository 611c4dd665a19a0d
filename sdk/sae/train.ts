/**
 * Trains a Matryoshka sparse autoencoder (Zaigrajew, Baniecki & Biecek, ICML 2025, arXiv 2502.20578): nested levels over the whole
 * dictionary, unit-norm decoder, Adam. TopK is the same with one level, ReLU with one level of all latents and an L1 term.
 */
import { NadirError, type Progress, Random, SILENT } from '../base/index.ts';
import { DenseProduct } from './dense.ts';
import { type Initialisation, initialWeights } from './initialise.ts';
import { accumulateGradients, clearGradients, constrainDecoder, type LossOptions, update } from './step.ts';
import { openTrainingMemory, type ParameterName, type TrainingMemory } from './training-memory.ts';
import type { Activation, SaeWeights } from './weights.ts';

/** Kinds that can be asked for; the last two are refused for now. */
export const KINDS = ['msae', 'topk', 'relu', 'batchtopk', 'jumprelu'] as const;
export type Kind = (typeof KINDS)[number];

export interface TrainOptions {
  readonly kind: Kind;
  /** Latents kept at each level, rising; `topk` takes the largest alone, `relu` none. */
  readonly levels: readonly number[];
  /** `uw`: all levels alike; `rw`: the smallest k weighted most. */
  readonly weighting: 'uw' | 'rw';
  /** n = expansion · d. */
  readonly expansion: number;
  readonly batch: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** `nmse`: squared error over the row's power; `mse`: squared error. */
  readonly loss: 'nmse' | 'mse';
  readonly initialisation: Initialisation;
  readonly seed: number;
  readonly threads: number;
  /** For tests: which kernels to prefer. */
  readonly kernels?: 'wasm' | 'twin';
  readonly progress?: Progress;
}

/** What did best on held-out scenes among what was tried with 1,700 scenes and their quarter turns (d 1280). */
export const TRAIN_DEFAULTS = {
  kind: 'msae',
  levels: [8, 16, 32, 64, 128],
  weighting: 'uw',
  expansion: 1,
  batch: 256,
  epochs: 8,
  learningRate: 2e-3,
  loss: 'nmse',
  initialisation: 'rows',
} as const satisfies Omit<TrainOptions, 'seed' | 'threads'>;

/** Share of the steps with constant learning rate; then it falls linearly to 0. */
const CONSTANT_SHARE = 0.8;
/** The paper's λ for ReLU. */
const L1 = 0.003;
/** Rows worked on at once, whatever the batch. */
const MICRO_ROWS = 512;

export interface EpochReport {
  readonly loss: number;
  /** Mean error at each level. */
  readonly byLevel: readonly number[];
  /** Latents selected for no row of the epoch. */
  readonly dead: number;
}

export interface Training {
  readonly weights: SaeWeights;
  readonly epochs: readonly EpochReport[];
  /** Rows passed through training a CPU second, initialisation left out. */
  readonly samplesPerCpuSecond: number;
}

/** Trains on embeddings [rows, d]. The same data, options and seed give the same weights. */
export async function trainSae(embeddings: Float32Array, d: number, options: TrainOptions): Promise<Training> {
  const { activation, levels, n } = settle(embeddings, d, options);
  const { seed, batch, progress = SILENT } = options;
  const rows = embeddings.length / d;
  const { data, mean, scale, nonNegative } = preprocess(embeddings, d);
  const loss: LossOptions = {
    alpha: levels.map((_, i) => (options.weighting === 'rw' ? levels.length - i : 1)),
    relative: options.loss === 'nmse',
    l1: activation === 'relu' ? L1 : 0,
  };
  const dense = await DenseProduct.open(options.threads);
  try {
    const memory = openTrainingMemory({ d, n, rows: Math.min(batch, rows, MICRO_ROWS), levels }, options.kernels);
    const first = await initialWeights(data, d, n, options.initialisation, seed, dense);
    putRows(memory, 'wDec', first.wDec);
    putRows(memory, 'wEnc', first.wEnc);
    progress.log(
      `training ${activation} of ${n} latents on ${rows} rows, levels ${levels.join(',')} (${memory.kernels.name})`,
    );

    const order = Random.of(seed, 'order of rows');
    const steps = options.epochs * Math.ceil(rows / batch);
    const constant = CONSTANT_SHARE * steps;
    const epochs: EpochReport[] = [];
    const fired = new Uint8Array(n);
    const started = cpuSeconds();
    let t = 0;
    for (let epoch = 0; epoch < options.epochs; epoch++) {
      const permutation = order.permutation(rows);
      const sums = new Float64Array(levels.length);
      fired.fill(0);
      for (let from = 0; from < rows; from += batch) {
        const picked = permutation.subarray(from, Math.min(rows, from + batch));
        clearGradients(memory);
        for (let at = 0; at < picked.length; at += memory.rows) {
          const part = picked.subarray(at, at + memory.rows);
          gather(memory, data, part);
          const errors = await accumulateGradients(memory, dense, part.length, picked.length, loss, fired);
          for (let i = 0; i < sums.length; i++) sums[i] += errors[i];
        }
        t++;
        const rate = options.learningRate * Math.min(1, (steps - t + 1) / (steps - constant));
        update(memory, t, rate);
      }
      const report = summarise(sums, rows, loss, fired);
      epochs.push(report);
      if (!Number.isFinite(report.loss)) throw diverged(epoch, options);
      const speed = ((epoch + 1) * rows) / (cpuSeconds() - started);
      progress.log(
        `epoch ${epoch + 1}/${options.epochs}: loss ${report.loss.toFixed(4)}, ${Math.round(speed)} samples per CPU second, ${report.dead} of ${n} latents not used`,
      );
    }
    const samplesPerCpuSecond = (options.epochs * rows) / (cpuSeconds() - started);
    constrainDecoder(memory);
    const get = (name: ParameterName, count: number) =>
      memory.floats(memory.parameters[name].weight, memory.parameters[name].count).slice(0, count);
    const weights: SaeWeights = {
      d,
      n,
      activation,
      levels: activation === 'relu' ? [] : levels,
      wEnc: takeRows(memory, 'wEnc'),
      wDec: takeRows(memory, 'wDec'),
      bPre: get('bPre', d),
      bLat: get('bLat', n),
      mean,
      scale,
      nonNegative,
    };
    return { weights, epochs, samplesPerCpuSecond };
  } finally {
    await dense.close();
  }
}

/** Checks the options against the data. */
function settle(embeddings: Float32Array, d: number, options: TrainOptions) {
  const usage = (what: string, where: string, remedy: string) => new NadirError({ what, where, remedy, exitCode: 2 });
  const rows = embeddings.length / d;
  if (!Number.isInteger(rows) || rows < 2)
    throw usage(`${rows} rows are too few to train on`, 'training data', 'Give at least 2 embeddings');
  const bad = embeddings.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const where = `training data, row ${Math.floor(bad / d)}, value ${bad % d}`;
    throw new NadirError({
      what: `${embeddings[bad]} is not a finite number`,
      where,
      remedy: 'Embed the images again',
    });
  }
  const { kind } = options;
  if (kind === 'batchtopk' || kind === 'jumprelu')
    throw usage(`kind ${kind} cannot be trained yet`, '--kind', 'Take msae, topk or relu');
  const n = options.expansion * d;
  const asked = [...options.levels].sort((a, b) => a - b);
  const levels = kind === 'relu' ? [n] : kind === 'topk' ? asked.slice(-1) : asked;
  if (levels.length === 0 || levels.some((k, i) => k > n || k === levels[i - 1]))
    throw usage(`levels ${levels.join(',')} do not fit ${n} latents`, '--levels', `Give different numbers up to ${n}`);
  return { activation: kind satisfies Activation, levels, n };
}

/** x' = (x − mean)·scale with mean norm √d. */
function preprocess(embeddings: Float32Array, d: number) {
  const rows = embeddings.length / d;
  const sums = new Float64Array(d);
  let lowest = 0;
  for (let i = 0; i < embeddings.length; i++) {
    sums[i % d] += embeddings[i];
    if (embeddings[i] < lowest) lowest = embeddings[i];
  }
  const mean = Float32Array.from(sums, (sum) => sum / rows);
  const data = new Float32Array(embeddings.length);
  let norms = 0;
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = 0, at = row * d; i < d; i++, at++) {
      data[at] = embeddings[at] - mean[i];
      square += data[at] ** 2;
    }
    norms += Math.sqrt(square);
  }
  if (norms === 0)
    throw new NadirError({ what: 'all rows are equal', where: 'training data', remedy: 'Give embeddings that differ' });
  const scale = (Math.sqrt(d) * rows) / norms;
  for (let i = 0; i < data.length; i++) data[i] *= scale;
  return { data, mean, scale, nonNegative: lowest >= 0 };
}

function gather(memory: TrainingMemory, data: Float32Array, picked: Uint32Array): void {
  const { d, width, at } = memory;
  const input = memory.floats(at.input, picked.length * width);
  for (let i = 0; i < picked.length; i++) input.set(data.subarray(picked[i] * d, (picked[i] + 1) * d), i * width);
}

function putRows(memory: TrainingMemory, name: ParameterName, rows: Float32Array): void {
  const { d, n, width, parameters } = memory;
  const target = memory.floats(parameters[name].weight, n * width);
  for (let i = 0; i < n; i++) target.set(rows.subarray(i * d, (i + 1) * d), i * width);
}

function takeRows(memory: TrainingMemory, name: ParameterName): Float32Array {
  const { d, n, width, parameters } = memory;
  const source = memory.floats(parameters[name].weight, n * width);
  const rows = new Float32Array(n * d);
  for (let i = 0; i < n; i++) rows.set(source.subarray(i * width, i * width + d), i * d);
  return rows;
}

function summarise(sums: Float64Array, rows: number, loss: LossOptions, fired: Uint8Array): EpochReport {
  const total = loss.alpha.reduce((sum, alpha) => sum + alpha, 0);
  const byLevel = Array.from(sums, (sum) => sum / rows);
  const weighted = byLevel.reduce((sum, error, i) => sum + (loss.alpha[i] / total) * error, 0);
  return { loss: weighted, byLevel, dead: fired.reduce((dead, value) => dead + (value === 0 ? 1 : 0), 0) };
}

function diverged(epoch: number, options: TrainOptions): NadirError {
  return new NadirError({
    what: 'the loss is no longer a finite number',
    where: `epoch ${epoch + 1}`,
    remedy: `Take a learning rate below ${options.learningRate}`,
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
