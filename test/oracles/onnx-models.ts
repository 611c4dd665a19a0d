/**
 * Small models as Nadir writes them, for the reference checker: `node tools/pinned.mjs test/oracles/onnx-models.ts DIR` writes them to a folder for
 * onnx-checker.py; the tests build the same bytes and compare their hashes with those that the checker accepted.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../sdk/base/index.ts';
import { DataType, model, node, tensor, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { type Forest, forestToOnnx } from '../../sdk/forest/index.ts';

/** A forest of 5 trees, 12 features and 3 targets, drawn and not trained, so that its bytes change only when the writer does. */
export function drawnForest(): Forest {
  const random = Random.of(21, 'onnx');
  const nodes = { feature: [] as number[], threshold: [] as number[], left: [] as number[], right: [] as number[] };
  const value: number[] = [];
  const cover: number[] = [];
  const grow = (rows: number, depth: number): number => {
    const node = cover.push(rows) - 1;
    const isLeaf = rows < 4 || depth === 6;
    nodes.feature.push(isLeaf ? -1 : random.below(12));
    nodes.threshold.push(isLeaf ? 0 : random.uniform() * 20 - 10);
    for (let t = 0; t < 3; t++) value.push(random.uniform() * 100);
    const leftRows = 1 + random.below(rows - 1);
    nodes.left[node] = isLeaf ? -1 : grow(leftRows, depth + 1);
    nodes.right[node] = isLeaf ? -1 : grow(rows - leftRows, depth + 1);
    return node;
  };
  const roots = Int32Array.from({ length: 5 }, () => grow(200, 0));
  return {
    targets: 3,
    features: 12,
    roots,
    feature: Int32Array.from(nodes.feature),
    threshold: Float32Array.from(nodes.threshold),
    left: Int32Array.from(nodes.left),
    right: Int32Array.from(nodes.right),
    value: Float64Array.from(value),
    cover: Float64Array.from(cover),
  };
}

/** Weights of the integer product, [8, 5], and what is added, [5]. */
export function integerWeights(): { weights: Int8Array; bias: Float32Array } {
  const random = Random.of(22, 'onnx');
  return {
    weights: Int8Array.from({ length: 40 }, () => random.below(128) - 64),
    bias: Float32Array.from({ length: 5 }, () => random.uniform() - 0.5),
  };
}

/** relu(scale · (quantised x · weights) + bias), the quantisation of x made at run time. */
export function integerProduct(): Buffer {
  const { weights, bias } = integerWeights();
  const graph = {
    name: 'integer product',
    node: [
      node('DynamicQuantizeLinear', ['x'], ['x_int', 'x_scale', 'x_zero']),
      node('MatMulInteger', ['x_int', 'weights', 'x_zero'], ['product_int']),
      node('Cast', ['product_int'], ['product'], { to: { int: DataType.float } }),
      node('Mul', ['x_scale', 'weights_scale'], ['scale']),
      node('Mul', ['product', 'scale'], ['scaled']),
      node('Add', ['scaled', 'bias'], ['sum']),
      node('Relu', ['sum'], ['y']),
    ],
    initializer: [
      tensor('weights', [8, 5], weights),
      tensor('weights_scale', [], Float32Array.of(0.03125)),
      tensor('bias', [5], bias),
    ],
    input: [valueInfo('x', DataType.float, ['N', 8])],
    output: [valueInfo('y', DataType.float, ['N', 5])],
  };
  return writeOnnx(model(graph, [{ domain: '', version: 17 }]));
}

/** Every model for the checker, by file name. */
export function checkedModels(): Record<string, Buffer> {
  return { 'forest.onnx': forestToOnnx(drawnForest()), 'integer-product.onnx': integerProduct() };
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2];
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(checkedModels())) writeFileSync(join(folder, name), bytes);
}
