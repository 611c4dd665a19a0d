/** Small real models of the three kinds that fly, built node by node. */
import type { Random } from '../../sdk/base/index.ts';
import { Random as Numbers } from '../../sdk/base/index.ts';
import { DataType, model, node, type OnnxModel, type OnnxTensor, tensor, valueInfo } from '../../sdk/compact/onnx.ts';

const OPSETS = [{ version: 17 }, { domain: 'ai.onnx.ml', version: 3 }];

/** A float32 tensor of normal numbers. */
export function weights(random: Random, name: string, dims: readonly number[]): OnnxTensor {
  const count = dims.reduce((product, length) => product * length, 1);
  return tensor(
    name,
    dims,
    Float32Array.from({ length: count }, () => random.normal()),
  );
}

/** Full binary trees of the given depth: features [N, K] → estimate [N, T]. */
export function forestModel(trees: number, depth: number, features: number, targets: number, seed: number): OnnxModel {
  const random = Numbers.of(seed, 'forest');
  const size = 2 ** (depth + 1) - 1;
  const inner = 2 ** depth - 1;
  const nodes = Array.from({ length: trees * size }, (_, i) => ({
    tree: Math.floor(i / size),
    id: i % size,
    leaf: i % size >= inner,
  }));
  const leaves = nodes
    .filter((at) => at.leaf)
    .flatMap((at) => Array.from({ length: targets }, (_, target) => ({ ...at, target })));
  const ensemble = node(
    'TreeEnsembleRegressor',
    ['features'],
    ['estimate'],
    {
      n_targets: { int: targets },
      aggregate_function: { string: 'AVERAGE' },
      nodes_treeids: { ints: nodes.map((at) => at.tree) },
      nodes_nodeids: { ints: nodes.map((at) => at.id) },
      nodes_featureids: { ints: nodes.map((at) => (at.leaf ? 0 : random.below(features))) },
      nodes_values: { floats: Float32Array.from(nodes, (at) => (at.leaf ? 0 : random.normal())) },
      nodes_hitrates: { floats: new Float32Array(nodes.length).fill(1) },
      nodes_modes: { strings: nodes.map((at) => (at.leaf ? 'LEAF' : 'BRANCH_LEQ')) },
      nodes_truenodeids: { ints: nodes.map((at) => (at.leaf ? 0 : 2 * at.id + 1)) },
      nodes_falsenodeids: { ints: nodes.map((at) => (at.leaf ? 0 : 2 * at.id + 2)) },
      target_treeids: { ints: leaves.map((at) => at.tree) },
      target_nodeids: { ints: leaves.map((at) => at.id) },
      target_ids: { ints: leaves.map((at) => at.target) },
      target_weights: { floats: Float32Array.from(leaves, () => 10 + random.normal()) },
    },
    'ai.onnx.ml',
  );
  const input = [valueInfo('features', DataType.float, ['N', features])];
  return model(
    { name: 'forest', node: [ensemble], input, output: [valueInfo('estimate', DataType.float, ['N', targets])] },
    OPSETS,
  );
}

/** embedding [N, d] → latents [N, n], int8 weights by DynamicQuantizeLinear and MatMulInteger. */
export function studentModel(d: number, n: number, seed: number): OnnxModel {
  const random = Numbers.of(seed, 'student');
  const nodes = [
    node('DynamicQuantizeLinear', ['embedding'], ['whole', 'step', 'zero']),
    node('MatMulInteger', ['whole', 'encoder', 'zero'], ['sums']),
    node('Cast', ['sums'], ['real'], { to: { int: DataType.float } }),
    node('Mul', ['step', 'scale'], ['unit']),
    node('Mul', ['real', 'unit'], ['scaled']),
    node('Add', ['scaled', 'bias'], ['before']),
    node('Relu', ['before'], ['latents']),
  ];
  const initializer = [
    tensor(
      'encoder',
      [d, n],
      Int8Array.from({ length: d * n }, () => random.below(128) - 64),
    ),
    tensor('scale', [], Float32Array.of(0.01)),
    weights(random, 'bias', [n]),
  ];
  const input = [valueInfo('embedding', DataType.float, ['N', d])];
  return model(
    { name: 'student', node: nodes, initializer, input, output: [valueInfo('latents', DataType.float, ['N', n])] },
    OPSETS,
  );
}

/** A small image encoder with the operators of EfficientNet-Lite0: image [N, 3, H, W] → embedding [N, d], logits [N, 5]. */
export function encoderModel(d: number, seed: number): OnnxModel {
  const random = Numbers.of(seed, 'encoder');
  const nodes = [
    node('Conv', ['input', 'w0', 'b0'], ['c0'], { auto_pad: { string: 'SAME_UPPER' }, strides: { ints: [2, 2] } }),
    node('Clip', ['c0', 'zero', 'six'], ['r0']),
    node('GlobalAveragePool', ['r0'], ['pool']),
    node('Flatten', ['pool'], ['embedding']),
    node('Gemm', ['embedding', 'w1', 'b1'], ['logits'], { transB: { int: 1 } }),
  ];
  const initializer = [
    weights(random, 'w0', [d, 3, 3, 3]),
    weights(random, 'b0', [d]),
    weights(random, 'w1', [5, d]),
    weights(random, 'b1', [5]),
    tensor('zero', [], Float32Array.of(0)),
    tensor('six', [], Float32Array.of(6)),
  ];
  const input = [valueInfo('input', DataType.float, ['N', 3, 'H', 'W'])];
  const output = [valueInfo('embedding', DataType.float, ['N', d]), valueInfo('logits', DataType.float, ['N', 5])];
  return model({ name: 'encoder', node: nodes, initializer, input, output }, OPSETS);
}
