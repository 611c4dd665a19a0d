/** The trainings that the resume test kills and goes on with. */
import { Random } from '../../sdk/base/index.ts';
import { KINDS, TRAIN_DEFAULTS, type TrainOptions } from '../../sdk/sae/index.ts';

/** Rows [300, 16] and options; 60 steps whose last of an epoch is not full. */
export function resumeCase(kind: string): { data: Float32Array; d: number; options: TrainOptions } {
  const random = new Random(8);
  const d = 16;
  const data = Float32Array.from({ length: 300 * d }, () => random.normal());
  const known = KINDS.find((one) => one === kind);
  if (!known) throw new RangeError(kind);
  const options = {
    ...{ ...TRAIN_DEFAULTS, kind: known, levels: [2, 4], expansion: 3, batch: 32, epochs: 6, seed: 5, threads: 1 },
    ...{ auxiliary: 1 / 32, helpers: 4, resampleEvery: 7, deadAfter: 2 },
  };
  return { data, d, options };
}
