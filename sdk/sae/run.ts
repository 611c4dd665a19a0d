/** One training under way: its steps over epochs, what it tells of them, and where it stands on disk. */
import { canonicalJson, NadirError, onceIn, Random, SILENT, sha256, VERSION } from '../base/index.ts';
import { type Batch, batchGradients } from './batch.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { DenseProduct } from './dense.ts';
import { initialWeights } from './initialise.ts';
import type { KindSetup } from './kinds/kinds.ts';
import type { Objective } from './objective.ts';
import { stepLine } from './progress.ts';
import { MAX_RANKS, Ranks } from './ranks/ranks.ts';
import { candidatesOf, resample } from './resample.ts';
import { type RowSource, rowsAsBatch } from './row-source.ts';
import type { EpochReport, Training, TrainOptions } from './train-options.ts';
import { openTrainingMemory, type ParameterName, putRows, type TrainingMemory, takeRows } from './training-memory.ts';
import { normaliseDecoder, update } from './update.ts';
import type { SaeWeights } from './weights.ts';

/** Share of the steps with constant learning rate; then it falls linearly to 0. */
const CONSTANT_SHARE = 0.8;
/** Rows worked on at once, whatever the batch. */
const MICRO_ROWS = 512;
/** Fewer would not be worth a thread. */
const LATENTS_OF_RANK = 64;
/** Dead latents begin anew in this share of the steps only, so that they have time to learn. */
const RESAMPLE_SHARE = 0.5;
/** Batches whose rows resampling draws from. */
const RESAMPLE_BATCHES = 8;
/** Largest count that float32 holds, as which checkpoints keep it. */
const MAX_IDLE = 2 ** 24;
/** Least time between two lines that tell of an epoch under way. */
const TELL_SECONDS = 10;

/** One training under way. */
export class TrainingRun {
  readonly #source: RowSource;
  readonly #rows: number;
  readonly #n: number;
  readonly #kind: KindSetup;
  readonly #options: TrainOptions;
  readonly #dense: DenseProduct;
  readonly #memory: TrainingMemory;
  /** The threads, where there are several and each can have its latents. */
  readonly #ranks: Ranks | undefined;
  readonly #objective: Objective;
  readonly #epochs: EpochReport[] = [];
  /** Sums of the running epoch: errors by level, own term, auxiliary term, latents begun anew. */
  readonly #sums: Float64Array;
  readonly #fired: Uint8Array;
  readonly #idle: Uint32Array;
  readonly #deadAfter: number;
  readonly #steps: number;
  #step = 0;
  #epoch = 0;
  /** Rows of the epoch that are done. */
  #done = 0;
  #training = '';
  #keptAt = performance.now();
  readonly #isTime = onceIn(TELL_SECONDS);

  constructor(source: RowSource, kind: KindSetup, options: TrainOptions, dense: DenseProduct) {
    const { batch, epochs, weighting, auxiliary = 0 } = options;
    const { d } = source;
    this.#source = source;
    this.#kind = kind;
    this.#options = options;
    this.#dense = dense;
    this.#rows = source.rows;
    this.#n = options.expansion * d;
    const { slots, selection, l1, firstThreshold } = kind;
    const helpers = auxiliary > 0 ? Math.min(this.#n, options.helpers ?? Math.max(1, d >> 1)) : 0;
    const rows = Math.min(batch, this.#rows, MICRO_ROWS);
    const thresholds = firstThreshold !== undefined;
    const sizes = { d, n: this.#n, rows, levels: slots, thresholds, helpers, batch: Math.min(batch, this.#rows) };
    const threads = Math.min(options.threads, MAX_RANKS, Math.floor(this.#n / LATENTS_OF_RANK));
    const splits = kind.splits && helpers === 0 && !options.resampleEvery;
    this.#ranks = splits && threads > 1 ? new Ranks(sizes, threads, options.kernels) : undefined;
    this.#memory = this.#ranks?.memory ?? openTrainingMemory(sizes, options.kernels);
    const alpha = slots.map((_, i) => (weighting === 'rw' ? slots.length - i : 1));
    this.#objective = { loss: { alpha, relative: options.loss === 'nmse', l1 }, selection };
    this.#sums = new Float64Array(slots.length + 3);
    this.#fired = new Uint8Array(this.#n);
    this.#idle = new Uint32Array(this.#n);
    const stepsPerEpoch = Math.ceil(this.#rows / batch);
    this.#steps = epochs * stepsPerEpoch;
    this.#deadAfter = Math.min(options.deadAfter ?? stepsPerEpoch, MAX_IDLE);
  }

  /** First weights, or those of the checkpoint. */
  async begin(): Promise<void> {
    const { seed, initialisation, checkpoint, progress = SILENT } = this.#options;
    const { d, kernels } = this.#memory;
    await this.#ranks?.ready();
    if (checkpoint) {
      this.#training = fingerprint(this.#source, this.#options);
      const counts = { fired: this.#fired, idle: this.#idle };
      const state = await readCheckpoint(checkpoint.folder, this.#memory, counts, this.#training);
      if (state) {
        this.#sums.set(state.sums);
        this.#kind.selection.running.set(state.running);
        this.#epochs.push(...state.epochs);
        [this.#step, this.#epoch, this.#done] = [state.step, state.epoch, state.done];
        progress.log(`going on after step ${this.#step} of ${this.#steps}, from ${checkpoint.folder}`);
        return;
      }
    }
    const first = await initialWeights(this.#source.sample, d, this.#n, initialisation, seed, this.#dense);
    putRows(this.#memory, 'wDec', first.wDec);
    putRows(this.#memory, 'wEnc', first.wEnc);
    const { logThreshold } = this.#memory.parameters;
    const { firstThreshold, described } = this.#kind;
    if (logThreshold && firstThreshold)
      this.#memory.floats(logThreshold.weight, this.#n).fill(Math.log(firstThreshold));
    const levels = described.levels.length > 0 ? `, levels ${described.levels.join(',')}` : '';
    progress.log(
      `training ${described.activation} of ${this.#n} latents on ${this.#rows} rows${levels} (${kernels.name})`,
    );
  }

  /** Trains what is left and gives the result. */
  async finish(): Promise<Training> {
    const { batch, epochs, progress = SILENT } = this.#options;
    const started = { cpu: cpuSeconds(), at: performance.now() };
    let trained = 0;
    while (this.#epoch < epochs) {
      if (this.#done === 0) {
        this.#sums.fill(0);
        this.#fired.fill(0);
        this.#kind.selection.beginEpoch?.();
      }
      while (this.#done < this.#rows) {
        const rows = Math.min(batch, this.#rows - this.#done);
        await this.#train(await this.#source.batch(this.#epoch, this.#done, rows));
        trained += rows;
        this.#done += rows;
        if (this.#done === this.#rows) break;
        await this.#keep();
        this.#tell((1000 * trained) / (performance.now() - started.at));
      }
      const report = this.#report();
      this.#epochs.push(report);
      this.#epoch++;
      this.#done = 0;
      if (!Number.isFinite(report.loss)) throw diverged(this.#epoch, this.#options);
      await this.#keep();
      progress.log(
        `epoch ${this.#epoch}/${epochs}: loss ${report.loss.toFixed(4)}, ${Math.round(trained / (cpuSeconds() - started.cpu))} samples per CPU second, ${report.dead} of ${this.#n} latents not used`,
      );
    }
    await this.#ranks?.settled();
    const samplesPerCpuSecond = trained / (cpuSeconds() - started.cpu);
    return { weights: this.#weights(), epochs: this.#epochs, samplesPerCpuSecond };
  }

  async close(): Promise<void> {
    await this.#ranks?.close();
  }

  /** One step on these rows. */
  async #train(batch: Batch): Promise<void> {
    const { learningRate, auxiliary: coefficient = 0, resampleEvery = 0 } = this.#options;
    const memory = this.#memory;
    const levels = memory.levels.length;
    const objective =
      coefficient > 0 ? { ...this.#objective, auxiliary: { coefficient, dead: this.#dead() } } : this.#objective;
    const stepFired = new Uint8Array(this.#n);
    const { errors, penalty, auxiliary } = this.#ranks
      ? await this.#ranks.batchGradients(batch, objective, stepFired)
      : await batchGradients(memory, this.#dense, batch, objective, stepFired);
    for (let level = 0; level < levels; level++) this.#sums[level] += errors[level];
    this.#sums[levels] += penalty;
    this.#sums[levels + 1] += auxiliary;
    for (let latent = 0; latent < this.#n; latent++) {
      this.#idle[latent] = stepFired[latent] ? 0 : Math.min(MAX_IDLE, this.#idle[latent] + 1);
      this.#fired[latent] |= stepFired[latent];
    }
    this.#step++;
    const left = (this.#steps - this.#step + 1) / (this.#steps - CONSTANT_SHARE * this.#steps);
    const rate = learningRate * Math.min(1, left);
    if (this.#ranks) this.#ranks.update(this.#step, rate);
    else update(memory, this.#step, rate);
    if (resampleEvery > 0 && this.#step % resampleEvery === 0 && this.#step <= RESAMPLE_SHARE * this.#steps)
      this.#sums[levels + 2] += await this.#resample();
  }

  /** Begins dead latents anew from rows that are served badly; gives their number. */
  async #resample(): Promise<number> {
    const dead = this.#dead();
    if (dead.length === 0) return 0;
    const { seed, batch } = this.#options;
    const { selection, described, firstThreshold } = this.#kind;
    const random = Random.of(seed, `resampling after step ${this.#step}`);
    const { sample, d } = this.#source;
    const rows = sample.length / d;
    const size = Math.min(batch, rows);
    const picked = random.permutation(rows).subarray(0, RESAMPLE_BATCHES * size);
    const batches: Batch[] = [];
    for (let at = 0; at < picked.length; at += size)
      batches.push(rowsAsBatch(sample, d, picked.subarray(at, at + size)));
    // what a selection gathers is of the batches trained on
    const running = selection.running.slice();
    const candidates = await candidatesOf(this.#memory, this.#dense, batches, this.#objective);
    selection.running.set(running);
    const competing = described.levels.length > 0;
    const begun = resample(this.#memory, dead, candidates, random, { competing, firstThreshold });
    for (const latent of dead) this.#idle[latent] = 0;
    return begun;
  }

  /** Latents not picked for long, rising. */
  #dead(): Uint32Array {
    return Uint32Array.from(this.#idle.keys()).filter((latent) => this.#idle[latent] >= this.#deadAfter);
  }

  /** Writes the checkpoint where it is time. */
  async #keep(): Promise<void> {
    const { checkpoint } = this.#options;
    if (!checkpoint || performance.now() - this.#keptAt < 1000 * (checkpoint.everySeconds ?? 60)) return;
    await this.#ranks?.settled();
    await writeCheckpoint(
      checkpoint.folder,
      this.#memory,
      { fired: this.#fired, idle: this.#idle },
      {
        ...{ training: this.#training, step: this.#step, epoch: this.#epoch, done: this.#done, epochs: this.#epochs },
        ...{ sums: [...this.#sums], running: [...this.#kind.selection.running] },
      },
    );
    this.#keptAt = performance.now();
  }

  /** Tells of an epoch under way, now and then. */
  #tell(samplesPerSecond: number): void {
    const { progress = SILENT, epochs } = this.#options;
    if (!this.#isTime()) return;
    const rowsLeft = this.#rows * (epochs - this.#epoch) - this.#done;
    progress.log(
      stepLine({
        ...{ epoch: this.#epoch, epochs, step: this.#step, steps: this.#steps, report: this.#report(this.#done) },
        ...{ dead: this.#dead().length, latents: this.#n, samplesPerSecond, rowsLeft },
      }),
    );
  }

  /** What the epoch gave, by its first rows. */
  #report(rows = this.#rows): EpochReport {
    const { alpha } = this.#objective.loss;
    const total = alpha.reduce((sum, one) => sum + one, 0);
    const means = Array.from(this.#sums, (sum) => sum / rows);
    const byLevel = means.slice(0, alpha.length);
    const { kind, auxiliary = 0, resampleEvery = 0 } = this.#options;
    return {
      loss: byLevel.reduce((sum, error, i) => sum + (alpha[i] / total) * error, 0),
      byLevel,
      dead: this.#fired.reduce((dead, value) => dead + (value === 0 ? 1 : 0), 0),
      ...((kind === 'relu' || kind === 'jumprelu') && { penalty: means[alpha.length] }),
      ...(auxiliary > 0 && { auxiliary: means[alpha.length + 1] }),
      ...(resampleEvery > 0 && { resampled: this.#sums[alpha.length + 2] }),
    };
  }

  #weights(): SaeWeights {
    const memory = this.#memory;
    normaliseDecoder(memory);
    const get = (name: ParameterName, count: number) =>
      memory.floats(memory.parameters[name].weight, memory.parameters[name].count).slice(0, count);
    const { mean, scale, nonNegative } = this.#source;
    const threshold = this.#kind.selection.threshold?.(memory);
    return {
      ...{ d: memory.d, n: memory.n, ...this.#kind.described },
      wEnc: takeRows(memory, 'wEnc'),
      wDec: takeRows(memory, 'wDec'),
      bPre: get('bPre', memory.d),
      bLat: get('bLat', memory.n),
      ...{ mean, scale, nonNegative },
      ...(threshold && { threshold }),
    };
  }
}

/** Which training a checkpoint belongs to: what the weights depend on. */
function fingerprint(source: RowSource, options: TrainOptions): string {
  const { threads, kernels, progress, checkpoint, ...rest } = options;
  return sha256(canonicalJson({ version: VERSION, d: source.d, data: source.fingerprint(), ...rest }));
}

function diverged(epoch: number, options: TrainOptions): NadirError {
  return new NadirError({
    what: 'the loss is no longer a finite number',
    where: `epoch ${epoch}`,
    remedy: `Take a learning rate below ${options.learningRate}`,
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
