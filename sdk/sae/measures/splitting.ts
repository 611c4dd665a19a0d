/**
 * Feature splitting (Chanin et al., arXiv 2409.14507): into how many latents has a class gone? Latents are added in the order in which they tell
 * the class, as long as each raises the F1 of a probe on them by more than 0.03 (SAEBench), ten at most. One latent: the class is whole.
 */
import { denseColumns, type LabelledCodes, latentsByClass, ownRows } from './class-latents.ts';
import { readClassProbe, trainClassProbe } from './class-probes.ts';
import type { ProbeOptions } from './linear-probe.ts';

const F1_RISE = 0.03;
const MOST_LATENTS = 10;

export interface Splitting {
  /** The latents that the class has gone into, best first: its main latents. */
  readonly mains: readonly number[];
  /** F1 of the class told by them. */
  readonly f1: number;
}

/** Trains on `train`, measures on `test`; codes are over n latents. */
export function measureSplitting(
  train: LabelledCodes,
  test: LabelledCodes,
  n: number,
  label: number,
  options: Partial<ProbeOptions> = {},
): Splitting {
  const own = ownRows(train.labels, label);
  const truth = ownRows(test.labels, label);
  const ranked = latentsByClass(train.codes, n, own).slice(0, MOST_LATENTS);
  const f1Of = (latents: readonly number[]) => {
    const probe = trainClassProbe(denseColumns(train.codes, latents), latents.length, own, options);
    return readClassProbe(probe, denseColumns(test.codes, latents), truth).f1;
  };
  let mains = ranked.slice(0, 1);
  let f1 = f1Of(mains);
  while (mains.length < ranked.length) {
    const more = ranked.slice(0, mains.length + 1);
    const risen = f1Of(more);
    if (!(risen > f1 + F1_RISE)) break;
    [mains, f1] = [more, risen];
  }
  return { mains, f1 };
}
