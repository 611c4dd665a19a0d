/**
 * Plain TypeScript twin of assembly/train.ts: the same decisions and sums in the same order, rounded to float32 where WASM does, so that
 * both grow the same trees. It runs where WASM cannot, and is what the kernels are tested against.
 */
import { Random } from '../../base/random.ts';
import type { TrainKernels } from './train-kernels.ts';
import { readFields, type TrainLayout } from './train-layout.ts';
import { codeFeature } from './train-twin-codes.ts';
import { TwinDraw } from './train-twin-draw.ts';
import { searchExtra } from './train-twin-extra.ts';
import { searchHistogram } from './train-twin-histogram.ts';
import { TwinNode } from './train-twin-node.ts';
import { searchSorted, searchSubsets, tabulateSubsets } from './train-twin-sorted.ts';

const SUBSET_ROWS = 8;
const SORTED_ROWS = 128;

/** Kernels in plain TypeScript over a fresh memory of `bytes`. */
export function trainTwin(bytes: number): TrainKernels {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 16) * 16);
  let layout: TrainLayout | undefined;
  return {
    name: 'twin',
    buffer,
    codeFeature: (values, rows, codes) =>
      codeFeature(new Float32Array(buffer, values, rows), new Uint16Array(buffer, codes, rows)),
    configure: () => {
      layout = readFields(buffer);
    },
    grow: (state, isExtra) => (layout === undefined ? 0 : new TwinTree(buffer, layout, state, isExtra).grow()),
  };
}

class TwinTree {
  readonly #node: TwinNode;
  readonly #draw: TwinDraw;
  readonly #isExtra: boolean;

  constructor(buffer: ArrayBuffer, layout: TrainLayout, state: number, isExtra: boolean) {
    this.#node = new TwinNode(buffer, layout);
    this.#draw = new TwinDraw(new Random(state), layout.features, layout.mtry);
    this.#isExtra = isExtra;
  }

  grow(): number {
    const node = this.#node;
    const waiting = [{ start: 0, end: node.listBag(), parent: -1 }];
    let nodes = 0;
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { start, end, parent } = next;
      const index = nodes++;
      if (parent >= 0) node.out.right[parent] = index;
      node.out.feature[index] = -1;
      const isPure = node.describe(index, start, end);
      if (isPure || end - start < 2 * node.minLeaf) continue;
      this.#search();
      if (node.best.feature < 0) continue;
      node.out.feature[index] = node.best.feature;
      const middle = this.#isExtra ? node.partByValue(index, start, end) : node.partByCode(index, start, end);
      waiting.push({ start: middle, end, parent: index }, { start, end: middle, parent: -1 });
    }
    return nodes;
  }

  #search(): void {
    const { size, best } = this.#node;
    const node = this.#node;
    const draw = this.#draw;
    draw.start();
    if (size <= SUBSET_ROWS) {
      const scores = tabulateSubsets(node);
      const possible = scores.reduce((most, score) => Math.max(most, score), -1);
      for (let lanes = draw.next(false); lanes.length > 0; lanes = draw.next(best.feature < 0)) {
        if (this.#isExtra) searchExtra(node, lanes, draw.random, scores);
        else for (const feature of lanes) if (feature !== undefined) searchSubsets(node, feature, scores);
        if (best.score >= possible) return;
      }
      return;
    }
    const searchOne = size <= SORTED_ROWS ? searchSorted : searchHistogram;
    const search = (lanes: readonly (number | undefined)[]) => {
      if (this.#isExtra) searchExtra(node, lanes, draw.random);
      else for (const feature of lanes) if (feature !== undefined) searchOne(node, feature);
    };
    for (const group of draw.groups()) search(draw.lanesOf(group, this.#isExtra));
    for (let lanes = draw.next(best.feature < 0); lanes.length > 0; lanes = draw.next(best.feature < 0)) search(lanes);
  }
}
