/** The kinds of autoencoder that can be trained, and how each is set up from the options. */
import { NadirError } from '../../base/index.ts';
import type { TrainOptions } from '../train-options.ts';
import type { SaeWeights } from '../weights.ts';
import { BatchTopKSelection, paperPrefixes } from './batch-topk.ts';
import { JumpReluSelection } from './jump-relu.ts';
import { NestedSelection } from './nested.ts';
import type { Selection } from './selection.ts';

/** The MSAE paper's λ of ReLU's L1 term. */
const L1 = 0.003;
/** λ of JumpReLU's L0 term: what a latent more must take off the loss. About what the 64th strongest latent does on image embeddings. */
const L0 = 1e-3;
/**
 * JumpReLU's first θ and its ε over √d, the norm of a row. Its paper has 0.001 for both and trainings of 10⁵ steps; log θ moves by at most the
 * learning rate a step, so in 10² steps θ must begin where it can stay: 0.03 leaves about 60 of 1,280 latents to an image embedding.
 */
const FIRST_THRESHOLD = 0.03;
const BANDWIDTH = 0.01;

/** A training of one kind. */
export interface KindSetup {
  readonly selection: Selection;
  /** Most latents of a row at each level, for the memory and the loss. */
  readonly slots: readonly number[];
  /** True: the strongest of a row's latents are among the strongest of each part of the dictionary, so threads can look for them in a part each. */
  readonly splits?: boolean;
  /** What the weights say of the kind. */
  readonly described: Pick<SaeWeights, 'activation' | 'levels' | 'prefixes'>;
  /** λ of the L1 term, 0 for none. */
  readonly l1: number;
  /** θ of every latent at the start, where it is trained. */
  readonly firstThreshold?: number;
}

/** Checks levels and prefixes against n = expansion · d latents and sets the kind up for batches of at most `batchRows` rows. */
export function setUpKind(options: TrainOptions, d: number, batchRows: number): KindSetup {
  const { kind, penalty, expansion } = options;
  const n = expansion * d;
  if (kind === 'jumprelu') return jumpRelu(options, d, n);
  if (kind === 'relu') {
    const l1 = penalty ?? L1;
    return {
      selection: new NestedSelection(l1),
      slots: [n],
      described: { activation: kind, levels: [] },
      l1,
      splits: true,
    };
  }
  const levels = rising(options.levels, n, 'levels', '--levels');
  const k = levels[levels.length - 1];
  if (kind === 'msae' || kind === 'topk') {
    const kept = kind === 'topk' ? [k] : levels;
    return {
      selection: new NestedSelection(),
      slots: kept,
      described: { activation: kind, levels: kept },
      l1: 0,
      splits: true,
    };
  }
  const selection = new BatchTopKSelection(k, batchRows, n);
  if (kind === 'batchtopk') return { selection, slots: [n], described: { activation: kind, levels: [k] }, l1: 0 };
  const prefixes = rising(options.prefixes ?? paperPrefixes(n), n, 'prefixes', 'option prefixes');
  if (prefixes[prefixes.length - 1] !== n)
    throw usage(`prefixes ${prefixes.join(',')} end before ${n}`, 'option prefixes', `Let the last be ${n}`);
  return { selection, slots: prefixes, described: { activation: kind, levels: [k], prefixes }, l1: 0 };
}

function jumpRelu(options: TrainOptions, d: number, n: number): KindSetup {
  const {
    penalty = L0,
    bandwidth = BANDWIDTH * Math.sqrt(d),
    firstThreshold = FIRST_THRESHOLD * Math.sqrt(d),
  } = options;
  if (!(bandwidth > 0 && firstThreshold > 0))
    throw usage(
      `bandwidth ${bandwidth} and first threshold ${firstThreshold} are not both above 0`,
      'options',
      'Give others',
    );
  const selection = new JumpReluSelection({ l0: penalty, bandwidth }, n);
  return { selection, slots: [n], described: { activation: 'jumprelu', levels: [] }, l1: 0, firstThreshold };
}

/** Sorted numbers from 1 to n, none twice. */
function rising(numbers: readonly number[], n: number, what: string, where: string): number[] {
  const sorted = [...numbers].sort((a, b) => a - b);
  if (sorted.length === 0 || sorted.some((k, i) => !Number.isInteger(k) || k < 1 || k > n || k === sorted[i - 1]))
    throw usage(`${what} ${sorted.join(',')} do not fit ${n} latents`, where, `Give different numbers up to ${n}`);
  return sorted;
}

function usage(what: string, where: string, remedy: string): NadirError {
  return new NadirError({ what, where, remedy, exitCode: 2 });
}
