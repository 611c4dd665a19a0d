/** One job of growing a forest: some of its trees. In a module of its own, so that a worker thread loads little else. */
import { type GrowingGround, type GrownTree, TreeGrower } from './tree.ts';

/** Trees `first` … `end` − 1. */
export interface GrowJob {
  readonly first: number;
  readonly end: number;
}

const growers = new WeakMap<GrowingGround, TreeGrower>();

/** Grows the trees of the job; the memory of a ground is set up once. */
export function growTrees(ground: GrowingGround, { first, end }: GrowJob): GrownTree[] {
  let grower = growers.get(ground);
  if (grower === undefined) {
    grower = new TreeGrower(ground);
    growers.set(ground, grower);
  }
  const trees: GrownTree[] = [];
  for (let tree = first; tree < end; tree++) trees.push(grower.grow(tree));
  return trees;
}
