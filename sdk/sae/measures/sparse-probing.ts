/**
 * Sparse probing (Gurnee et al., arXiv 2305.01610; SAEBench): how well do 1, 5 or 20 latents tell a class from the others, against a probe on
 * the whole embedding? Latents are chosen, and probes trained, on other rows than those that the figures are of.
 */
import { denseColumns, type LabelledCodes, latentsByClass, ownRows } from './class-latents.ts';
import { type Accuracy, readClassProbe, trainClassProbe } from './class-probes.ts';
import type { Probe, ProbeOptions } from './linear-probe.ts';

/** Numbers of latents that a probe reads. */
const PROBE_LATENTS: readonly number[] = [1, 5, 20];

interface ClassProbing {
  readonly class: number;
  /** Probe on the embeddings. */
  readonly dense: Accuracy;
  /** One probe for each number of latents, with those it reads, best first. */
  readonly sparse: readonly ({ readonly k: number; readonly latents: readonly number[] } & Accuracy)[];
}

export interface SparseProbing {
  readonly classes: readonly ClassProbing[];
  /** Means over the classes. */
  readonly mean: { readonly dense: Accuracy; readonly sparse: readonly ({ readonly k: number } & Accuracy)[] };
}

/**
 * Trains on `train`, gives the figures of `test`. Codes are over n latents.
 * @param dense probe on embeddings for each class, trained on `train` (`trainClassProbe`)
 */
export function sparseProbing(
  train: LabelledCodes,
  test: LabelledCodes,
  n: number,
  dense: readonly Probe[],
  ks: readonly number[] = PROBE_LATENTS,
  options: Partial<ProbeOptions> = {},
): SparseProbing {
  const classes = dense.map((probe, label): ClassProbing => {
    const own = ownRows(train.labels, label);
    const truth = ownRows(test.labels, label);
    const ranked = latentsByClass(train.codes, n, own);
    return {
      class: label,
      dense: readClassProbe(probe, test.embeddings, truth),
      sparse: ks.map((k) => {
        const latents = ranked.slice(0, k);
        const sparse = trainClassProbe(denseColumns(train.codes, latents), latents.length, own, options);
        return { k, latents, ...readClassProbe(sparse, denseColumns(test.codes, latents), truth) };
      }),
    };
  });
  return {
    classes,
    mean: {
      dense: meanOf(classes.map((probing) => probing.dense)),
      sparse: ks.map((k, i) => ({ k, ...meanOf(classes.map((probing) => probing.sparse[i])) })),
    },
  };
}

function meanOf(all: readonly Accuracy[]): Accuracy {
  const mean = (key: keyof Accuracy) => all.reduce((sum, accuracy) => sum + accuracy[key], 0) / all.length;
  return { accuracy: mean('accuracy'), balancedAccuracy: mean('balancedAccuracy'), f1: mean('f1') };
}
