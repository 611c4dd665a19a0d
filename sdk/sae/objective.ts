/** What a training makes small. */
import type { Auxiliary } from './auxiliary.ts';
import type { LossOptions } from './gradients.ts';
import type { Selection } from './kinds/selection.ts';

/** What a training makes small, and how latents are picked. */
export interface Objective {
  readonly loss: LossOptions;
  readonly selection: Selection;
  readonly auxiliary?: Auxiliary;
}
