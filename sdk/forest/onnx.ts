/** Forests as ONNX files: TreeEnsembleRegressor of ai.onnx.ml 3, the operator that scikit-learn's converters write as well. */
import { DataType, model, node, valueInfo, writeOnnx } from '../compact/onnx.ts';
import type { Forest } from './forest.ts';

export { forestFromOnnx } from './onnx-reader.ts';

const ML_DOMAIN = 'ai.onnx.ml';

/**
 * A forest as an ONNX model: input `features` float32 [N, features], output `estimate` float32 [N, targets], `nodes_hitrates` the covers of the
 * nodes, so that SHAP values survive the file. Leaf values become float32. The same forest gives the same bytes.
 */
export function forestToOnnx(forest: Forest): Buffer {
  const { targets, features, roots } = forest;
  const nodes = nodesInOrder(forest);
  const count = nodes.id.length;
  const leaves = nodes.id.filter((id) => forest.feature[id] < 0).length;
  const place = new Int32Array(forest.feature.length);
  for (let i = 0; i < count; i++) place[nodes.id[i]] = i - nodes.start[nodes.tree[i]];
  const modes = new Array<string>(count);
  const feature = new Array<number>(count);
  const threshold = new Float32Array(count);
  const left = new Array<number>(count);
  const right = new Array<number>(count);
  const within = new Array<number>(count);
  const cover = new Float32Array(count);
  const weightTree: number[] = [];
  const weightNode: number[] = [];
  const weightTarget: number[] = [];
  const weights = new Float32Array(leaves * targets);
  for (let i = 0; i < count; i++) {
    const id = nodes.id[i];
    const isLeaf = forest.feature[id] < 0;
    modes[i] = isLeaf ? 'LEAF' : 'BRANCH_LEQ';
    feature[i] = isLeaf ? 0 : forest.feature[id];
    threshold[i] = isLeaf ? 0 : forest.threshold[id];
    left[i] = isLeaf ? 0 : place[forest.left[id]];
    right[i] = isLeaf ? 0 : place[forest.right[id]];
    within[i] = place[id];
    cover[i] = forest.cover[id];
    for (let t = 0; isLeaf && t < targets; t++) {
      weights[weightTree.length] = forest.value[id * targets + t];
      weightTree.push(nodes.tree[i]);
      weightNode.push(place[id]);
      weightTarget.push(t);
    }
  }
  const ensemble = node(
    'TreeEnsembleRegressor',
    ['features'],
    ['estimate'],
    {
      aggregate_function: { string: 'AVERAGE' }, // nearer to float64 than leaf values divided by the trees beforehand
      n_targets: { int: targets },
      nodes_falsenodeids: { ints: right },
      nodes_featureids: { ints: feature },
      nodes_hitrates: { floats: cover },
      nodes_modes: { strings: modes },
      nodes_nodeids: { ints: within },
      nodes_treeids: { ints: nodes.tree },
      nodes_truenodeids: { ints: left },
      nodes_values: { floats: threshold },
      post_transform: { string: 'NONE' },
      target_ids: { ints: weightTarget },
      target_nodeids: { ints: weightNode },
      target_treeids: { ints: weightTree },
      target_weights: { floats: weights },
    },
    ML_DOMAIN,
  );
  const graph = {
    name: 'forest',
    node: [ensemble],
    input: [valueInfo('features', DataType.float, ['N', features])],
    output: [valueInfo('estimate', DataType.float, ['N', targets])],
  };
  const opsets = [
    { domain: '', version: 17 },
    { domain: ML_DOMAIN, version: 3 },
  ];
  return writeOnnx(
    model(graph, opsets, `Regression forest: ${roots.length} trees, ${features} features, ${targets} targets`),
  );
}

/** Nodes tree by tree, as the file lists them. */
function nodesInOrder({ roots, feature, left, right }: Forest): { id: number[]; tree: number[]; start: number[] } {
  const id: number[] = [];
  const tree: number[] = [];
  const start: number[] = [];
  for (let i = 0; i < roots.length; i++) {
    start.push(id.length);
    const waiting = [roots[i]];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      id.push(node);
      tree.push(i);
      if (feature[node] >= 0) waiting.push(right[node], left[node]);
    }
  }
  return { id, tree, start };
}
