/**
 * Distils a trained encoder to one that fits on board, as many times smaller as is asked for: latents are dropped or get 2 to 7 bits a
 * weight by what that costs the codes, the weights are rounded against the calibration embeddings, and units and biases are fitted to the
 * teacher again. A factorised encoder was tried and does not pay: of the rank whose factors at 4 bits make the same bytes (853 of 1,280),
 * the exact product already agrees less with the teacher (Jaccard-16 0.947) than the whole student does (0.975).
 */
import { NadirError } from '../../base/index.ts';
import { encoderBytes, type SaeWeights } from '../../sae/index.ts';
import { type Agreement, measureAgreement, teacherCodes } from './agreement.ts';
import { allocateBits } from './allocate.ts';
import { type Calibration, calibrate } from './calibration.ts';
import { K, measureContention } from './contention.ts';
import { fitLatents } from './fit.ts';
import { chooseUnits, roundLatents, type UnitChoice } from './round.ts';
import { BITS, type Student, WHOLE_BYTE } from './student.ts';
import { studentToOnnx } from './student-onnx.ts';

/** Times smaller than the teacher that a student is unless asked otherwise. */
export const DEFAULT_RATIO = 8;
/** The graph of student.onnx besides its numbers: 5,850 bytes with all groups and a threshold. */
const GRAPH_BYTES = 6000;
/** A latent's unit, bias and threshold. */
const NUMBER_BYTES = 4;
/** So many latents are kept, with at least so many bits, however small the student is to be: less would be no code. */
const FEWEST_LATENTS = K;
const FEWEST_BITS = 4;

/** A student of one size. */
export interface SizePoint extends Agreement {
  /** Times smaller than the teacher that was asked for. */
  readonly asked: number;
  /** Times smaller than the teacher that it is. */
  readonly ratio: number;
  /** Of student.onnx. */
  readonly bytes: number;
  readonly latents: number;
  /** Mean bits of a weight. */
  readonly meanBits: number;
}

export interface Distillation {
  readonly student: Student;
  readonly onnx: Buffer;
  /** Strongest latents that make a scene's code. */
  readonly k: number;
  /** Bytes of the teacher's encoder in float32. */
  readonly teacherBytes: number;
  /** What the student is, on held-out rows. */
  readonly chosen: SizePoint;
  /** The same of every size looked at, the largest student first. */
  readonly table: readonly SizePoint[];
}

export interface DistillOptions {
  /** Times smaller than the teacher that the student shall be. */
  readonly ratio: number;
  /** Ratios to measure besides. */
  readonly table: readonly number[];
  readonly threads: number;
}

/** Distils from calibration rows [rows, d]; figures are of held-out rows. */
export async function distill(
  sae: SaeWeights,
  calibrationRows: Float32Array,
  holdout: Float32Array,
  { ratio, table: besides, threads }: DistillOptions,
): Promise<Distillation> {
  const { d } = sae;
  if (calibrationRows.length < d || holdout.length < d) {
    const remedy = 'Give at least a few dozen embeddings';
    throw new NadirError({ what: 'too few rows to calibrate on and to hold out', where: 'data', remedy });
  }
  const calibration = await calibrate(calibrationRows, d, threads);
  const { losses, units } = await weigh(sae, calibration, threads);
  const heldOut = await teacherCodes(sae, holdout, threads);
  // encoder only, as the student is: the decoder stays on the ground in both cases
  const teacherBytes = encoderBytes(sae);
  const made = new LatentStore(sae, calibration, units, threads);
  // both ends of each feature's range
  const fixed = GRAPH_BYTES + 2 * NUMBER_BYTES * d;
  const perLatent = (sae.threshold ? 3 : 2) * NUMBER_BYTES;
  const students: { student: Student; onnx: Buffer; point: SizePoint }[] = [];
  for (const asked of [...new Set([ratio, ...besides])].sort((a, b) => a - b)) {
    const bits = allocateBits(losses, { d, perLatent, budget: teacherBytes / asked - fixed });
    const student = await made.student(bits);
    const onnx = studentToOnnx(student);
    const point = {
      ...{ asked, ratio: teacherBytes / onnx.length, bytes: onnx.length, latents: student.n },
      meanBits: student.bits.reduce((sum, own) => sum + own, 0) / student.n,
      ...(await measureAgreement(sae, heldOut, onnx, student.latents)),
    };
    students.push({ student, onnx, point });
  }
  const table = students.map(({ point }) => point);
  const [{ student, onnx, point: chosen }] = students.filter(({ point }) => point.asked === ratio);
  return { student, onnx, k: Math.min(K, student.n), teacherBytes, chosen, table };
}

/** What every choice of bits costs every latent. */
async function weigh(sae: SaeWeights, calibration: Calibration, threads: number) {
  const { n } = sae;
  const { perError, ifDropped, uses } = await measureContention(sae, calibration.rows, threads);
  const used = Array.from(uses.keys()).filter((latent) => uses[latent] > 0);
  if (used.length === 0) {
    const remedy = 'Train the model again, longer or with a smaller learning rate';
    throw new NadirError({ what: 'no latent is ever active', where: 'the teacher', remedy });
  }
  const units = chooseUnits(sae, calibration, uses);
  const kept = new Set(used.sort((a, b) => ifDropped[b] - ifDropped[a] || a - b).slice(0, FEWEST_LATENTS));
  const losses = new Float64Array(n * (1 + BITS.length));
  for (let latent = 0, at = 0; latent < n; latent++) {
    losses[at++] = kept.has(latent) ? Infinity : ifDropped[latent];
    BITS.forEach((bits, b) => {
      const loss = perError[latent] * units.error[latent * BITS.length + b];
      // a latent that no code uses has nothing to gain from bits
      losses[at++] = uses[latent] === 0 || (kept.has(latent) && bits < FEWEST_BITS) ? Infinity : loss;
    });
  }
  return { losses, units };
}

/** Rounded and fitted latents: neither depends on the other latents, so students of several sizes share them. */
class LatentStore {
  readonly #sae: SaeWeights;
  readonly #calibration: Calibration;
  readonly #units: UnitChoice;
  readonly #threads: number;
  readonly #threshold: Float32Array | undefined;
  readonly #made = new Map<string, { weights: Int8Array; unit: number; bias: number }>();

  constructor({ threshold, ...teacher }: SaeWeights, calibration: Calibration, units: UnitChoice, threads: number) {
    // a pre-activation below its threshold tells the fit as much as one above
    this.#sae = teacher;
    this.#threshold = threshold;
    this.#calibration = calibration;
    this.#units = units;
    this.#threads = threads;
  }

  /** The student of the given bits, 0 for a latent that is dropped. */
  async student(bits: Uint8Array): Promise<Student> {
    await this.#make(bits);
    const { d } = this.#sae;
    const latents = Array.from(bits.keys())
      .filter((latent) => bits[latent] > 0)
      .sort((a, b) => bits[b] - bits[a] || a - b);
    const weights = new Int8Array(latents.length * d);
    const [unit, bias] = [new Float32Array(latents.length), new Float32Array(latents.length)];
    latents.forEach((latent, i) => {
      const made = this.#made.get(keyOf(latent, bits[latent]));
      if (!made) throw new RangeError(`latent ${latent} of ${bits[latent]} bits was not rounded`);
      weights.set(made.weights, i * d);
      unit[i] = made.unit;
      bias[i] = made.bias;
    });
    const threshold = this.#threshold;
    return {
      ...this.#calibration.range,
      ...{ n: latents.length, latents, bits: Uint8Array.from(latents, (latent) => bits[latent]) },
      ...{ weights, unit, bias },
      ...(threshold && { threshold: Float32Array.from(latents, (latent) => threshold[latent]) }),
    };
  }

  /** Rounds and fits what no student before had. */
  async #make(bits: Uint8Array): Promise<void> {
    const { d } = this.#sae;
    const parts = BITS.map((each, choice) => {
      const latents = Array.from(bits.keys()).filter(
        (latent) => inBits(bits[latent]) === each && !this.#made.has(keyOf(latent, each)),
      );
      const unit = Float64Array.from(latents, (latent) => this.#units.unit[latent * BITS.length + choice]);
      return { each, latents, unit, weights: roundLatents(this.#sae, this.#calibration, latents, each, unit) };
    });
    const latents = parts.flatMap((part) => part.latents);
    const weights = new Int8Array(latents.length * d);
    let at = 0;
    for (const part of parts) {
      weights.set(part.weights, at);
      at += part.weights.length;
    }
    const keys = parts.flatMap(({ each, latents: own }) => own.map((latent) => keyOf(latent, each)));
    const rounded = { latents, weights, unit: Float64Array.from(parts.flatMap((part) => [...part.unit])) };
    const fitted = await fitLatents(this.#sae, this.#calibration, rounded, this.#threads);
    keys.forEach((key, i) => {
      const own = weights.subarray(i * d, (i + 1) * d);
      this.#made.set(key, { weights: own, unit: fitted.unit[i], bias: fitted.bias[i] });
    });
  }
}

function inBits(stored: number): number {
  return stored === WHOLE_BYTE ? BITS[BITS.length - 1] : stored;
}

function keyOf(latent: number, bits: number): string {
  return `${latent} ${inBits(bits)}`;
}
