/** Reads forests from ONNX files. They come from outside: nothing in them is believed before it is checked. */
import { NadirError } from '../base/index.ts';
import { attributeOf, type OnnxNode, readOnnx, tensorValues } from '../compact/onnx.ts';
import type { Forest } from './forest.ts';
import { joinForests } from './join.ts';
import { ensemblesOf, OPERATOR } from './onnx-graph.ts';

const MAX_NODES = 50_000_000;
const MAX_FEATURES = 2 ** 24;

/**
 * Reads a forest from an ONNX file: ours, or one that scikit-learn's, LightGBM's or XGBoost's converters wrote. Its graph is one TreeEnsembleRegressor, or
 * several side by side, one for each target; sums or averages; tests of `<=` or `<`. Thresholds in float64 become the float32 that decides
 * every float32 input alike. A missing value (NaN) goes right, whatever the file says of it. Those converters write no covers (see
 * coveredForest). `where` names the bytes in errors. Throws NadirError where the file holds no such forest or its trees are not trees.
 */
export function forestFromOnnx(bytes: Uint8Array, where: string): Forest {
  const { graph } = readOnnx(bytes, where);
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: `Give a forest exported as ${OPERATOR} of one input` });
  const parts = ensemblesOf(graph, where, fail);
  const forests = parts.map(({ ensemble, declaredFeatures }) =>
    new EnsembleReader(ensemble, where, fail).read(declaredFeatures),
  );
  const nodes = forests.reduce((sum, { feature }) => sum + feature.length, 0);
  const targets = forests.reduce((sum, part) => sum + part.targets, 0);
  if (nodes > MAX_NODES || nodes * targets > MAX_NODES * 8) throw fail(`the forest has ${nodes} nodes`);
  return joinForests(
    forests,
    parts.map(({ scale }) => scale),
  );
}

/** Attributes of one TreeEnsembleRegressor, checked, to a forest. */
class EnsembleReader {
  readonly #node: OnnxNode;
  readonly #where: string;
  readonly #fail: (what: string) => NadirError;

  constructor(node: OnnxNode, where: string, fail: (what: string) => NadirError) {
    this.#node = node;
    this.#where = where;
    this.#fail = fail;
  }

  read(declaredFeatures: number | undefined): Forest {
    const targets = attributeOf(this.#node, 'n_targets')?.i ?? 0;
    if (!Number.isInteger(targets) || targets < 1 || targets > 65_536)
      throw this.#fail(`the forest has ${targets} targets`);
    this.#refuseOthers();
    const treeIds = this.#ints('nodes_treeids');
    const count = treeIds.length;
    if (count === 0 || count > MAX_NODES || count * targets > MAX_NODES * 8)
      throw this.#fail(`the forest has ${count} nodes`);
    const numbering = this.#numbering(treeIds, this.#ints('nodes_nodeids', count));
    const forest = {
      targets,
      features: declaredFeatures ?? 0,
      roots: Int32Array.from(numbering.roots),
      feature: new Int32Array(count),
      threshold: new Float32Array(count),
      left: new Int32Array(count).fill(-1),
      right: new Int32Array(count).fill(-1),
      value: new Float64Array(count * targets),
      cover: new Float64Array(count),
    };
    this.#readSplits(forest, treeIds, numbering.nodeAt);
    this.#readLeaves(forest, numbering.nodeAt);
    const order = this.#checkTrees(forest);
    fillMeans(forest, order);
    return forest;
  }

  /** Attributes that would change what the numbers mean. */
  #refuseOthers(): void {
    const text = (name: string, standard: string) => {
      const bytes = attributeOf(this.#node, name)?.s;
      return bytes === undefined ? standard : Buffer.from(bytes).toString();
    };
    const transform = text('post_transform', 'NONE');
    if (transform !== 'NONE') throw this.#fail(`the forest transforms its outputs by ${transform}`);
    const aggregate = text('aggregate_function', 'SUM');
    if (aggregate !== 'SUM' && aggregate !== 'AVERAGE')
      throw this.#fail(`the forest combines its trees by ${aggregate}`);
  }

  /** Node numbers: trees in the order of their first node, nodes in the order of the file; the first node of a tree is its root. */
  #numbering(treeIds: readonly number[], nodeIds: readonly number[]) {
    const byTree = new Map<number, Map<number, number>>();
    const roots: number[] = [];
    for (let i = 0; i < treeIds.length; i++) {
      let tree = byTree.get(treeIds[i]);
      if (tree === undefined) {
        tree = new Map();
        byTree.set(treeIds[i], tree);
        roots.push(i);
      }
      if (tree.has(nodeIds[i])) throw this.#fail(`tree ${treeIds[i]} has two nodes ${nodeIds[i]}`);
      tree.set(nodeIds[i], i);
    }
    const nodeAt = (tree: number, id: number): number => {
      const at = byTree.get(tree)?.get(id);
      if (at === undefined) throw this.#fail(`tree ${tree} has no node ${id}`);
      return at;
    };
    return { roots, nodeAt };
  }

  #readSplits(forest: Forest, treeIds: readonly number[], nodeAt: (tree: number, id: number) => number): void {
    const count = treeIds.length;
    const modes = attributeOf(this.#node, 'nodes_modes')?.strings ?? [];
    if (modes.length !== count) throw this.#fail(`nodes_modes has ${modes.length} values for ${count} nodes`);
    const features = this.#ints('nodes_featureids', count);
    const trueIds = this.#ints('nodes_truenodeids', count);
    const falseIds = this.#ints('nodes_falsenodeids', count);
    const thresholds = this.#floats('nodes_values', count);
    const covers = this.#floats('nodes_hitrates');
    if (covers.length > 0) this.#sized('nodes_hitrates', covers, count);
    let most = -1;
    for (let i = 0; i < count; i++) {
      forest.cover[i] = covers[i] ?? 1;
      const mode = Buffer.from(modes[i].buffer, modes[i].byteOffset, modes[i].byteLength).toString('latin1');
      if (mode === 'LEAF') {
        forest.feature[i] = -1;
        continue;
      }
      if (mode !== 'BRANCH_LEQ' && mode !== 'BRANCH_LT') throw this.#fail(`nodes of mode ${mode} are not supported`);
      if (!Number.isInteger(features[i]) || features[i] < 0 || features[i] >= 2 ** 31 || Number.isNaN(thresholds[i]))
        throw this.#fail(`node ${i} tests feature ${features[i]} against ${thresholds[i]}`);
      forest.feature[i] = features[i];
      most = Math.max(most, features[i]);
      forest.threshold[i] = mode === 'BRANCH_LEQ' ? atMost(thresholds[i]) : before(thresholds[i]);
      forest.left[i] = nodeAt(treeIds[i], trueIds[i]);
      forest.right[i] = nodeAt(treeIds[i], falseIds[i]);
    }
    if (forest.features === 0) Object.assign(forest, { features: most + 1 });
    if (forest.features > MAX_FEATURES) throw this.#fail(`the forest has ${forest.features} features`);
    if (most >= forest.features) throw this.#fail(`a node tests feature ${most} of ${forest.features}`);
  }

  #readLeaves(forest: Forest, nodeAt: (tree: number, id: number) => number): void {
    const { targets, value, feature, roots } = forest;
    const weights = this.#floats('target_weights');
    const trees = this.#ints('target_treeids', weights.length);
    const nodes = this.#ints('target_nodeids', weights.length);
    const ids = this.#ints('target_ids', weights.length);
    const isSum =
      Buffer.from(attributeOf(this.#node, 'aggregate_function')?.s ?? Buffer.from('SUM')).toString() === 'SUM';
    const scale = isSum ? roots.length : 1;
    for (let i = 0; i < weights.length; i++) {
      const node = nodeAt(trees[i], nodes[i]);
      if (feature[node] >= 0 || !Number.isInteger(ids[i]) || ids[i] < 0 || ids[i] >= targets)
        throw this.#fail(`weight ${i} belongs to no leaf or no target`);
      if (!Number.isFinite(weights[i])) throw this.#fail(`weight ${i} is ${weights[i]}`);
      value[node * targets + ids[i]] += weights[i] * scale;
    }
    const offsets = this.#floats('base_values');
    if (offsets.length === 0) return;
    if (offsets.length !== targets) throw this.#fail(`base_values has ${offsets.length} values for ${targets} targets`);
    if (!offsets.every(Number.isFinite)) throw this.#fail('base_values has a number that is not finite');
    for (let node = 0; node < feature.length; node++)
      for (let t = 0; feature[node] < 0 && t < targets; t++) value[node * targets + t] += offsets[t];
  }

  /** Every node is reached once from the first node of its tree; returns the nodes, parents before children. */
  #checkTrees({ roots, feature, left, right }: Forest): Int32Array {
    const order = new Int32Array(feature.length);
    const seen = new Uint8Array(feature.length);
    let reached = 0;
    const waiting = Array.from(roots);
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen[node] === 1) throw this.#fail(`node ${node} has two parents`);
      seen[node] = 1;
      order[reached++] = node;
      if (feature[node] >= 0) waiting.push(right[node], left[node]);
    }
    if (reached !== feature.length) throw this.#fail(`${feature.length - reached} nodes are not reached from a root`);
    return order;
  }

  #ints(name: string, length?: number): readonly number[] {
    return this.#sized(name, attributeOf(this.#node, name)?.ints ?? [], length);
  }

  /** Float32 from the attribute itself, or float32 or float64 from its twin that ends in _as_tensor. */
  #floats(name: string, length?: number): Float32Array | Float64Array {
    const attribute = attributeOf(this.#node, `${name}_as_tensor`)?.t;
    if (attribute === undefined)
      return this.#sized(name, attributeOf(this.#node, name)?.floats ?? new Float32Array(), length);
    const values = tensorValues(attribute, this.#where);
    if (!(values instanceof Float32Array || values instanceof Float64Array))
      throw this.#fail(`${name}_as_tensor is neither float32 nor float64`);
    return this.#sized(name, values, length);
  }

  #sized<T extends ArrayLike<number>>(name: string, list: T, length: number | undefined): T {
    if (length !== undefined && list.length !== length)
      throw this.#fail(`${name} has ${list.length} values, not ${length}`);
    return list;
  }
}

/** Values of the inner nodes, which the file does not keep: the mean of the children by their covers. */
function fillMeans({ targets, feature, left, right, value, cover }: Forest, parentsFirst: Int32Array): void {
  for (let i = parentsFirst.length - 1; i >= 0; i--) {
    const node = parentsFirst[i];
    if (feature[node] < 0) continue;
    const share = cover[left[node]] / (cover[left[node]] + cover[right[node]]);
    for (let t = 0; t < targets; t++)
      value[node * targets + t] =
        share * value[left[node] * targets + t] + (1 - share) * value[right[node] * targets + t];
  }
}

/** The greatest float32 not above t: x <= t for every float32 x is x <= this. */
function atMost(t: number): number {
  const float = Math.fround(t);
  return float > t ? before(float) : float;
}

/** The greatest float32 below t: x < t for every float32 x is x <= this. */
function before(t: number): number {
  const float = Float32Array.of(t);
  if (float[0] < t) return float[0];
  const bits = new Int32Array(float.buffer);
  if (float[0] === 0)
    bits[0] = -0x7fffffff; // the smallest negative number
  else if (float[0] !== Number.NEGATIVE_INFINITY) bits[0] += float[0] > 0 ? -1 : 1;
  return float[0];
}
