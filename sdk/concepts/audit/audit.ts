/**
 * The audit of a decision, on arrays. A finding is a concept and a class whose probability the concept moves without a right to, on one of two
 * bases. By the labels: on rows that show the concept, the class's error is greater with it than without (label-test.ts). By an
 * attribute that the user says must not count: the class's probability depends on it within true classes, and the concept carries this
 * dependence (attribute-test.ts). All bases together keep the family-wise error at the level: each gets an equal share of it.
 */
import { NadirError, Random } from '../../base/index.ts';
import type { SaeWeights } from '../../sae/index.ts';
import { type GapTest, testClasses, testContributions } from './attribute-test.ts';
import type { Attribute } from './attributes.ts';
import type { Classifier } from './classifier.ts';
import { type Contribution, contributionsOf } from './contributions.ts';
import { bootstrapMeans, type CurvePoint, curveOf } from './curve.ts';
import { holm } from './holm.ts';
import { decisions, type Interventions, openInterventions, probabilities } from './interventions.ts';
import { testLabels } from './label-test.ts';

/** What a pair of a concept and a class needs to be tested: rows that show the concept, and its mean effect on the class. */
export const TESTED_FROM = { fewestRows: 20, leastEffect: 0.01 };
/** Brier error that a concept may cost the rows that show it. */
const MARGIN = 0;
/** Dependence of a class's probability on an attribute that is let pass, and the share of it that a concept must carry. */
const GAP_MARGIN = 0.05;
const LEAST_SHARE = 0.05;
/** Shuffles of an attribute, and for each basis: enough that the correction for many bases leaves something to find. */
const SHUFFLES = 1999;
const SHUFFLES_A_BASIS = 200;
/** Rows that stand for a concept, the strongest first. */
const STRONGEST = 16;

export interface AuditInput {
  readonly sae: SaeWeights;
  readonly classifier: Classifier;
  /** Rows that the classifier was not trained on, [rows, d]. */
  readonly embeddings: Float32Array;
  /** True class of each row. */
  readonly truth: readonly string[];
  readonly attributes: readonly Attribute[];
}

export interface AuditOptions {
  /** Chance of any false finding at all. */
  readonly level: number;
  /** Latents that make up a row's code, the strongest. */
  readonly k: number;
  /** Factors that a concept is scaled by. */
  readonly factors: readonly number[];
  readonly seed: number;
  readonly threads: number;
}

/** Basis of findings by the labels. */
export const LABELS = 'labels';

export interface Finding {
  readonly latent: number;
  readonly class: string;
  /** `labels`, or the attribute. */
  readonly basis: string;
  /** Mean of what the concept adds to the class's probability on the rows that show it, and its interval of 1 − level. */
  readonly effect: number;
  readonly low: number;
  readonly high: number;
  /** By labels, Brier error that the concept costs these rows; by an attribute, the gap that it carries. */
  readonly excess: number;
  /** By an attribute, the gap of the class's probability itself; null by labels. */
  readonly dependence: number | null;
  readonly p: number;
  /** Adjusted for all concepts, classes and bases. */
  readonly pAdjusted: number;
  /** Share of these rows that are decided otherwise without the concept. */
  readonly flips: number;
  /** Audited rows that show the concept. */
  readonly rows: number;
  /** Share of rows with each attribute of 0 and 1 among the concept's strongest, and among all. */
  readonly carries: readonly { readonly attribute: string; readonly strongest: number; readonly all: number }[];
  readonly curve: readonly CurvePoint[];
  /** Rows that show the concept most, and those whose probability of the class it changes most. */
  readonly strongestRows: readonly number[];
  readonly changedRows: readonly { readonly row: number; readonly present: number; readonly absent: number }[];
}

export interface Audit {
  /**
   * Those by labels first, by what they cost all rows; then those by each attribute, the class that depends on it most first, and of its concepts the
   * one that carries most.
   */
  readonly findings: readonly Finding[];
  /** Pairs of a concept and a class that were tested on each basis. */
  readonly tested: number;
  readonly bases: readonly string[];
  readonly rows: number;
  /** Share of the rows with a class of the classifier that it decides rightly; null where there is none. */
  readonly accuracy: number | null;
}

/** A pair that is found on a basis. */
interface Found extends Omit<GapTest, 'gap'> {
  readonly contribution: Contribution;
  readonly basis: string;
  readonly excess: number;
  readonly dependence: number | null;
  /** What findings of a basis are ordered by. */
  readonly order: readonly [number, number];
}

/** Audits a classifier's use of a model's concepts. */
export async function auditClassifier(input: AuditInput, options: AuditOptions): Promise<Audit> {
  const { classifier, truth, attributes } = input;
  const place = new Map(classifier.names.map((name, c) => [name, c]));
  const labels = Int32Array.from(truth, (name) => place.get(name) ?? -1);
  const known = labels.reduce((count, label) => count + (label < 0 ? 0 : 1), 0);
  const bases = [...(known > 0 ? [LABELS] : []), ...attributes.map(({ name }) => name)];
  if (bases.length === 0) {
    const what = `no row has a class of the classifier (${truth[0]} is none of ${classifier.names.slice(0, 5).join(', ')} …)`;
    const remedy = "Name the folders of the images as the classifier's classes, or give attributes that must not count";
    throw new NadirError({ what, where: 'audited rows', remedy });
  }
  const interventions = await openInterventions(input.sae, input.embeddings, classifier, options.k, options.threads);
  const contributions = contributionsOf(interventions, TESTED_FROM);
  const shuffles = Math.max(SHUFFLES, SHUFFLES_A_BASIS * bases.length - 1);
  const found = [
    ...(known > 0 ? byLabels(contributions, labels) : []),
    ...attributes.flatMap((attribute) =>
      byAttribute(interventions, contributions, attribute, truth, shuffles, options.seed),
    ),
  ]
    .map((finding) => ({ ...finding, pAdjusted: Math.min(1, finding.pAdjusted * bases.length) }))
    .filter(({ pAdjusted }) => pAdjusted <= options.level)
    .sort(
      (a, b) => bases.indexOf(a.basis) - bases.indexOf(b.basis) || b.order[0] - a.order[0] || b.order[1] - a.order[1],
    );
  const decided = decisions(interventions.logits, interventions.classes);
  return {
    findings: found.map((finding) => described(finding, interventions, input, options)),
    tested: contributions.length,
    bases,
    rows: truth.length,
    accuracy: known > 0 ? decided.reduce((count, c, row) => count + (c === labels[row] ? 1 : 0), 0) / known : null,
  };
}

function byLabels(contributions: readonly Contribution[], labels: Int32Array): Found[] {
  const tests = contributions.map((contribution) => testLabels(contribution, labels, MARGIN));
  const adjusted = holm(tests.map(({ p }) => p));
  return contributions.map((contribution, i) => ({
    ...{ contribution, basis: LABELS, excess: tests[i].excess, p: tests[i].p, pAdjusted: adjusted[i] },
    ...{ dependence: null, order: [tests[i].excess * contribution.rows.length, 0] as const },
  }));
}

function byAttribute(
  interventions: Interventions,
  contributions: readonly Contribution[],
  { name, values }: Attribute,
  truth: readonly string[],
  shuffles: number,
  seed: number,
): Found[] {
  const strataOf = new Map([...new Set(truth)].map((own, i) => [own, i]));
  const rows = { values, strata: Int32Array.from(truth, (own) => strataOf.get(own) ?? 0) };
  const classes = testClasses(probabilities(interventions), interventions.classes, rows, GAP_MARGIN);
  if (classes.every(({ pAdjusted }) => pAdjusted === 1)) return [];
  const tests = testContributions(contributions, rows, shuffles, Random.of(seed, `shuffles of ${name}`));
  return contributions.flatMap((contribution, i) => {
    const [whole, own] = [classes[contribution.class], tests[i]];
    // both must hold: the greater p-value is one for both, and adjusted it answers for two families of tests
    const both = { p: Math.max(whole.p, own.p), pAdjusted: 2 * Math.max(whole.pAdjusted, own.pAdjusted) };
    if (own.gap / whole.gap < LEAST_SHARE) return [];
    const order = [Math.abs(whole.gap), Math.abs(own.gap)] as const;
    return [{ contribution, basis: name, excess: own.gap, dependence: whole.gap, order, ...both }];
  });
}

function described(found: Found, interventions: Interventions, input: AuditInput, options: AuditOptions): Finding {
  const { contribution, basis, excess, dependence, p, pAdjusted } = found;
  const { latent, rows, present, absent, effect } = contribution;
  const { level, factors, seed } = options;
  const random = Random.of(seed, `bootstrap of latent ${latent}, class ${contribution.class}`);
  const added = present.map((value, i) => value - absent[i]);
  const [interval] = bootstrapMeans([added], level, random);
  const curve = curveOf(
    interventions,
    latent,
    contribution.class,
    [...new Set([0, 1, ...factors])].sort((a, b) => a - b),
    level,
    random,
  );
  const value = interventions.value.subarray(interventions.start[latent], interventions.start[latent + 1]);
  const order = [...rows.keys()];
  const strongest = [...order].sort((a, b) => value[b] - value[a] || a - b).slice(0, STRONGEST);
  const changed = [...order].sort((a, b) => Math.abs(added[b]) - Math.abs(added[a]) || a - b).slice(0, STRONGEST);
  const share = (values: Float64Array, of: readonly number[]) =>
    of.reduce((sum, row) => sum + values[row], 0) / of.length;
  const everyRow = [...input.truth.keys()];
  return {
    ...{
      latent,
      class: input.classifier.names[contribution.class],
      basis,
      effect,
      ...interval,
      excess,
      dependence,
      p,
      pAdjusted,
    },
    flips: curve[0].flips,
    rows: rows.length,
    carries: input.attributes
      .filter(({ isBinary }) => isBinary)
      .map(({ name, values }) => ({
        attribute: name,
        strongest: share(
          values,
          strongest.map((i) => rows[i]),
        ),
        all: share(values, everyRow),
      })),
    curve,
    strongestRows: strongest.map((i) => rows[i]),
    changedRows: changed.map((i) => ({ row: rows[i], present: present[i], absent: absent[i] })),
  };
}
