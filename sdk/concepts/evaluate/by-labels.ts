/** The measures that need classes: what a linear probe loses, sparse probing, splitting and absorption. Probes are trained on other images than those measured. */
import { Random } from '../../base/index.ts';
import {
  type Absorption,
  type Accuracy,
  codesOf,
  FOR_DECISIONS,
  type LabelledCodes,
  measureAbsorption,
  measureProbeLoss,
  measureSplitting,
  ownRows,
  type ProbeLoss,
  preActivationsOf,
  prefix,
  probeAccuracy,
  reconstruct,
  type SaeWeights,
  type Splitting,
  sparseProbing,
  subClusters,
  trainClassProbe,
  trainProbe,
} from '../../sae/index.ts';
import type { LabelledRows, LabelledSplit } from '../audit/labelled-rows.ts';
import { rowsOf } from '../embeddings.ts';

/** Strongest latents of a row that its code has, as in an audit. */
const K = 64;
/** Rows that probes are trained on, and that they are read on, at most. */
const MOST_ROWS = 5000;
/** Sub-clusters of a class. */
const SUBS = 3;

interface DecisionLoss extends ProbeLoss {
  /** Of the probe on reconstructions. */
  readonly accuracy: number;
}

export interface LabelEvaluation {
  readonly classes: readonly string[];
  /** Rows that probes are trained on, and rows measured. */
  readonly trainedOn: number;
  readonly rows: number;
  /** Strongest latents of a row that probing, splitting and absorption look at. */
  readonly k: number;
  /** LP: a probe's decisions on reconstructions against those on the embeddings, at each k and of the code without a limit. */
  readonly probe: {
    /** On the embeddings. */
    readonly accuracy: number;
    readonly byK: readonly ({ readonly k: number } & DecisionLoss)[];
    readonly full: DecisionLoss;
  };
  readonly sparseProbing: {
    readonly mean: { readonly dense: Accuracy; readonly sparse: readonly ({ readonly k: number } & Accuracy)[] };
    readonly classes: readonly {
      readonly class: string;
      readonly dense: Accuracy;
      readonly sparse: readonly ({ readonly k: number; readonly latents: readonly number[] } & Accuracy)[];
    }[];
  };
  readonly absorption: {
    /** Means over the classes: main latents, and the share of rows absorbed. */
    readonly mean: { readonly mains: number; readonly recall: number; readonly absorbed: number };
    readonly classes: readonly ({ readonly class: string } & Splitting & Absorption)[];
  };
}

/** Measures on the audited rows of a split; undefined where fewer than two classes are on both sides. */
export async function evaluateByLabels(
  sae: SaeWeights,
  split: LabelledSplit,
  ks: readonly number[],
  seed: number,
  threads: number,
): Promise<LabelEvaluation | undefined> {
  const { n, d } = sae;
  const trained = new Set(split.train.truth);
  const names = [...new Set(split.audited.truth)].filter((name) => trained.has(name)).sort();
  if (names.length < 2) return undefined;
  const ownK = sae.activation === 'topk' ? (sae.levels.at(-1) ?? n) : n;
  const most = Math.min(K, n, ownK);
  const place = new Map(names.map((name, label) => [name, label]));
  const take = async (rows: LabelledRows, use: string) => {
    const labels = rows.truth.map((name) => place.get(name) ?? -1);
    const known = labels.flatMap((label, row) => (label < 0 ? [] : [row]));
    const chosen = Random.of(seed, use)
      .shuffle(known)
      .slice(0, MOST_ROWS)
      .sort((a, b) => a - b);
    const embeddings = rowsOf(rows.embeddings, d, chosen);
    const full = codesOf(await preActivationsOf(sae, embeddings, threads), n, n);
    const coded: LabelledCodes = {
      codes: full.map((code) => prefix(code, most)),
      embeddings,
      labels: chosen.map((row) => labels[row]),
    };
    return { ...coded, full };
  };
  const train = await take(split.train, 'rows of probes');
  const test = await take(split.audited, 'rows probed');
  const probe = trainProbe(train.embeddings, d, train.labels, names.length, FOR_DECISIONS);
  const lossAt = (k: number): DecisionLoss => {
    const reconstructions = reconstruct(
      sae,
      test.full.map((code) => prefix(code, k)),
    );
    const loss = measureProbeLoss(probe, test.embeddings, reconstructions);
    return { ...loss, accuracy: probeAccuracy(probe, reconstructions, test.labels) };
  };
  const dense = names.map((_, label) =>
    trainClassProbe(train.embeddings, d, ownRows(train.labels, label), FOR_DECISIONS),
  );
  const probing = sparseProbing(train, test, n, dense, undefined, FOR_DECISIONS);
  const subs = subClusters(test.embeddings, d, test.labels, names.length, SUBS, seed);
  const absorption = names.map((name, label) => {
    const splitting = measureSplitting(train, test, n, label, FOR_DECISIONS);
    const absorbed = measureAbsorption(sae, test, label, splitting.mains, dense[label], subs);
    return { class: name, ...splitting, ...absorbed };
  });
  const mean = (of: (entry: (typeof absorption)[number]) => number) =>
    absorption.reduce((sum, entry) => sum + of(entry), 0) / absorption.length;
  return {
    classes: names,
    trainedOn: train.codes.length,
    rows: test.codes.length,
    k: most,
    probe: {
      accuracy: probeAccuracy(probe, test.embeddings, test.labels),
      byK: ks.map((k) => ({ k, ...lossAt(k) })),
      full: lossAt(n),
    },
    sparseProbing: {
      mean: probing.mean,
      classes: probing.classes.map(({ class: label, ...figures }) => ({ class: names[label], ...figures })),
    },
    absorption: {
      mean: {
        mains: mean(({ mains }) => mains.length),
        recall: mean(({ recall }) => recall),
        absorbed: mean(({ absorbed }) => absorbed),
      },
      classes: absorption,
    },
  };
}
