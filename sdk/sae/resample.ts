/**
 * Resampling of dead latents (Bricken et al. 2023, "Towards Monosemanticity", transformer-circuits.pub/2023/monosemantic-features): each begins
 * anew in the direction of a row that the model serves badly, drawn with chance ∝ loss², with no bias and empty moments.
 */
import type { Random } from '../base/index.ts';
import { type Batch, forEachPart } from './batch.ts';
import type { DenseProduct } from './dense.ts';
import { decodePart, residualsOf } from './gradients.ts';
import type { Objective } from './objective.ts';
import type { TrainingMemory } from './training-memory.ts';

/**
 * Norm of a new encoder row over the mean norm of the living ones': the paper's where every latent above its threshold is active. Where
 * latents compete for k places a faint one would never be picked, so there it is 1.
 */
const FAINT = 0.2;

/** Rows that dead latents may begin from. */
export interface Candidates {
  /** Centred rows [count, width]. */
  readonly rows: Float32Array;
  /** Loss of each, [count]. */
  readonly losses: Float64Array;
}

/** The rows of batches, each with its loss at the last level. */
export async function candidatesOf(
  memory: TrainingMemory,
  dense: DenseProduct,
  batches: readonly Batch[],
  objective: Objective,
): Promise<Candidates> {
  const { kernels, width, at, levels } = memory;
  const count = batches.reduce((sum, { rows }) => sum + rows, 0);
  const rows = new Float32Array(count * width);
  const losses = new Float64Array(count);
  let before = 0;
  for (const batch of batches) {
    await forEachPart(memory, dense, batch, objective, (part) => {
      decodePart(memory, part, objective.loss);
      const to = before + part.first;
      rows.set(memory.floats(at.centred, part.rows * width), to * width);
      residualsOf(memory, part.rows, levels.length - 1, at.centred);
      for (let row = 0; row < part.rows; row++) {
        // the residual's gradient is the residual over power and batch rows, times what is the same for all rows
        const residual = at.centred + row * width * 4;
        const input = at.input + row * width * 4;
        const power = objective.loss.relative ? kernels.dot(input, input, width) : 1;
        losses[to + row] = kernels.dot(residual, residual, width) * power * part.batchRows ** 2;
      }
    });
    before += batch.rows;
  }
  return { rows, losses };
}

/** What a latent begins with. */
export interface Beginning {
  /** True where latents compete for k places. */
  readonly competing: boolean;
  /** θ, where latents have one that is trained. */
  readonly firstThreshold?: number | undefined;
}

/** Begins the latents `dead` (rising) anew; gives how many did: no row is taken twice, nor one without loss. */
export function resample(
  memory: TrainingMemory,
  dead: Uint32Array,
  { rows, losses }: Candidates,
  random: Random,
  { competing, firstThreshold }: Beginning,
): number {
  const { width, n, parameters } = memory;
  const { wDec, wEnc, bLat, logThreshold } = parameters;
  const chances = losses.map((loss) => loss * loss);
  const encoderNorm = (competing ? 1 : FAINT) * meanLivingNorm(memory, dead);
  let begun = 0;
  for (const latent of dead) {
    const picked = draw(chances, random);
    if (picked === undefined) break;
    chances[picked] = 0;
    const row = rows.subarray(picked * width, (picked + 1) * width);
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (norm === 0) continue;
    begun++;
    for (const parameter of [wDec, wEnc, bLat, ...(logThreshold ? [logThreshold] : [])]) {
      const length = parameter === wDec || parameter === wEnc ? width : 1;
      for (const moment of [parameter.firstMoment, parameter.secondMoment])
        memory.floats(moment + latent * length * 4, length).fill(0);
    }
    const atom = memory.floats(wDec.weight, n * width).subarray(latent * width, (latent + 1) * width);
    const encoder = memory.floats(wEnc.weight, n * width).subarray(latent * width, (latent + 1) * width);
    for (let i = 0; i < width; i++) {
      atom[i] = row[i] / norm;
      encoder[i] = (encoderNorm * row[i]) / norm;
    }
    memory.floats(bLat.weight, n)[latent] = 0;
    if (logThreshold && firstThreshold) memory.floats(logThreshold.weight, n)[latent] = Math.log(firstThreshold);
  }
  return begun;
}

/** A place with chance in proportion to its value; none where all are 0. */
function draw(chances: Float64Array, random: Random): number | undefined {
  const total = chances.reduce((sum, chance) => sum + chance, 0);
  if (!(total > 0)) return undefined;
  let left = random.uniform() * total;
  let last: number | undefined;
  for (let i = 0; i < chances.length; i++) {
    if (chances[i] === 0) continue;
    last = i;
    left -= chances[i];
    if (left < 0) return i;
  }
  return last;
}

function meanLivingNorm({ kernels, parameters, width, n }: TrainingMemory, dead: Uint32Array): number {
  const isDead = new Set(dead);
  let sum = 0;
  for (let latent = 0; latent < n; latent++) {
    const row = parameters.wEnc.weight + latent * width * 4;
    if (!isDead.has(latent)) sum += Math.sqrt(kernels.dot(row, row, width));
  }
  return n > isDead.size ? sum / (n - isDead.size) : 1;
}
