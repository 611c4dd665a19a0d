/**
 * Several models on the same rows: each at each number of latents, and which of these points no other one beats. A model stands for as many
 * contestants as it has forms: its encoder, its student, and its dictionary read by pursuit.
 */
import {
  type CodeQuality,
  type Evaluation,
  encoderBytes,
  type FormLoss,
  formLoss,
  paretoFront,
  type SaeFormat,
  type SaeWeights,
  type Stability,
  seedStability,
} from '../../sae/index.ts';
import { type FormOptions, type MeasuredForms, measureForms } from './forms.ts';
import type { MeasuredModel } from './measured-model.ts';

/** Pairs of atoms that are matched at most: cosines of all are held, twice. */
const MOST_PAIRS = 2 ** 25;

type Form = 'encoder' | 'student' | 'pursuit';
/** Charts, by what they draw against what: FVU and cosine by L0, FVU at each k by the encoder's bytes. */
export const FRONTS = ['fvu', 'cosine', 'bytes'] as const;
export type Front = (typeof FRONTS)[number];

export interface ParetoPoint {
  /** Contestant. */
  readonly name: string;
  /** Latents kept; null for the code without a limit. */
  readonly k: number | null;
  readonly l0: number;
  readonly fvu: number;
  readonly cosine: number;
  /** Of the encoder that makes the code. */
  readonly bytes: number;
  /** Fronts that the point is on: no other point is at least as good in both and better in one. */
  readonly fronts: readonly Front[];
}

export interface Contestant {
  readonly name: string;
  readonly path: string;
  readonly form: Form;
  readonly format: SaeFormat;
  /** Latents. */
  readonly n: number;
  readonly bytes: number;
  /** Whether some point of it is on a front. */
  readonly nonDominated: boolean;
  /** What it loses against the first model at each k that both are measured at: of a pruned or distilled form, the price. */
  readonly loss: readonly ({ readonly k: number } & FormLoss)[];
  /** Its atoms against those of the first model: seed stability. Null for that one, for other forms, and where there are too many atoms. */
  readonly stability: Omit<Stability, 'match'> | null;
}

export interface Comparison {
  readonly rows: number;
  readonly models: readonly Contestant[];
  readonly points: readonly ParetoPoint[];
}

type Measured = Omit<ParetoPoint, 'fronts'>;

/** Compares models over embeddings [rows, d], the first of which is measured already. */
export async function compareModels(
  models: readonly MeasuredModel[],
  embeddings: Float32Array,
  first: MeasuredForms,
  options: FormOptions,
): Promise<Comparison> {
  const names = namesOf(models);
  const contestants: Omit<Contestant, 'nonDominated'>[] = [];
  const measured: Measured[] = [];
  for (const [i, model] of models.entries()) {
    const { sae, path, format } = model;
    const own = { ...options, ks: ksOf(sae, options.ks) };
    const { evaluation, student, pursuit } = i === 0 ? first : await measureForms(model, embeddings, own);
    const stability = i === 0 ? null : await stabilityOf(models[0].sae, sae, options.threads);
    const add = (form: Form, n: number, bytes: number, qualities: readonly Kept[]) => {
      const name = form === 'encoder' ? names[i] : `${names[i]} (${form})`;
      const loss = lossOf(first.evaluation, qualities);
      contestants.push({ name, path, form, format, n, bytes, loss, stability: form === 'encoder' ? stability : null });
      for (const { k, l0, fvu, cosine } of qualities) measured.push({ name, k, l0, fvu, cosine, bytes });
    };
    const whole = sae.activation === 'topk' ? [] : [{ k: null, ...evaluation.full }];
    add('encoder', sae.n, encoderBytes(sae), [...evaluation.byK, ...whole]);
    if (student) add('student', student.latents, student.bytes, student.byK);
    if (pursuit) add('pursuit', sae.n, encoderBytes(sae), pursuit);
  }
  const points = onFronts(measured);
  const worth = new Set(points.flatMap(({ name, fronts }) => (fronts.length > 0 ? [name] : [])));
  return {
    rows: first.evaluation.rows,
    models: contestants.map((contestant) => ({ ...contestant, nonDominated: worth.has(contestant.name) })),
    points,
  };
}

interface Kept extends CodeQuality {
  readonly k: number | null;
}

function lossOf({ byK }: Evaluation, qualities: readonly Kept[]): Contestant['loss'] {
  return byK.flatMap(({ k, ...whole }) => {
    const form = qualities.find((quality) => quality.k === k);
    return form ? [{ k, ...formLoss(whole, form) }] : [];
  });
}

/** Numbers of latents to measure at: those asked for, and the one that the model itself keeps. */
export function ksOf({ activation, levels }: SaeWeights, ks: readonly number[]): number[] {
  return activation === 'topk' ? [...ks, ...levels.slice(-1)] : [...ks];
}

/** Marks the points on each front. Bytes are compared at the same k. */
function onFronts(points: readonly Measured[]): ParetoPoint[] {
  const fvu = paretoFront(points.map((point) => [point.l0, point.fvu]));
  const cosine = paretoFront(points.map((point) => [point.l0, -point.cosine]));
  const bytes = new Map(points.map((point) => [point, false]));
  for (const k of new Set(points.map((point) => point.k))) {
    const same = points.filter((point) => point.k === k);
    const front = paretoFront(same.map((point) => [point.bytes, point.fvu]));
    same.forEach((point, i) => {
      bytes.set(point, front[i]);
    });
  }
  return points.map((point, i) => {
    const on = { fvu: fvu[i], cosine: cosine[i], bytes: bytes.get(point) };
    return { ...point, fronts: FRONTS.filter((front) => on[front]) };
  });
}

async function stabilityOf(a: SaeWeights, b: SaeWeights, threads: number): Promise<Contestant['stability']> {
  if (a.n * b.n > MOST_PAIRS) return null;
  const { match, ...figures } = await seedStability(a.wDec, b.wDec, a.d, threads);
  return figures;
}

/** Last parts of the paths, whole paths where two are called the same. */
function namesOf(models: readonly MeasuredModel[]): string[] {
  const taken = models.map(({ name, path }) => (models.some((o) => o.name === name && o.path !== path) ? path : name));
  return taken.map((name, i) => (taken.indexOf(name) === i ? name : `${name} again`));
}
