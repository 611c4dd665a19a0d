/** What the readers of this room give back. */
import { checkWeights, type SaeWeights } from '../weights.ts';

/** Whose file it was. */
export type SaeFormat = 'nadir' | 'sae-lens' | 'sparsify' | 'params-npz' | 'msae';

/**
 * An autoencoder from a file of any of the formats. Rows of W_dec have any norm (see `withUnitAtoms`); with activation `topk` the last level is the
 * k that codes keep, and thresholds may cut besides.
 */
export interface ForeignSae {
  readonly format: SaeFormat;
  readonly weights: SaeWeights;
}

/** What a reader made, checked: `where` names it in errors. */
export function foreignSae(format: SaeFormat, weights: SaeWeights, where: string): ForeignSae {
  checkWeights(weights, where);
  return { format, weights };
}
