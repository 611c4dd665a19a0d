import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { NadirError, Random } from '../../sdk/base/index.ts';
import { DataType, model, node, type OnnxAttributeValue, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { forestFromOnnx, forestToOnnx, predictForest, shapValues, trainForest } from '../../sdk/forest/index.ts';

const random = Random.of(21, 'onnx test');
const shape = { rows: 300, features: 12, targets: 3 };
const x = Float32Array.from({ length: 300 * 12 }, () => random.uniform() * 20 - 10);
const y = Float64Array.from({ length: 300 * 3 }, (_, i) => {
  const row = Math.floor(i / 3) * 12;
  return 200 + x[row] * x[row + 1] + x[row + 2 + (i % 3)] * 5 + random.uniform();
});
const forest = trainForest(x, y, shape, { trees: 6, minLeaf: 2, mtry: 4, seed: 3 });
const bytes = forestToOnnx(forest);

async function runOnnx(file: Uint8Array, input: Float32Array, features: number): Promise<Float32Array> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const { estimate } = await session.run({
    features: new Tensor('float32', input, [input.length / features, features]),
  });
  await session.release();
  return estimate.data as Float32Array;
}

/** Greatest |a − b| / |b|. */
function relative(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < b.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]) / Math.abs(b[i]));
  return worst;
}

/** Two trees as other exporters write them: nodes out of order, `<`, sums, an offset, no covers. */
function foreign(changes: Record<string, OnnxAttributeValue> = {}): Buffer {
  const attributes = {
    n_targets: { int: 1 },
    base_values: { floats: Float32Array.of(10) },
    nodes_treeids: { ints: [7, 7, 7, 2, 2, 2] },
    nodes_nodeids: { ints: [0, 5, 3, 0, 1, 2] },
    nodes_modes: { strings: ['BRANCH_LT', 'LEAF', 'LEAF', 'BRANCH_LEQ', 'LEAF', 'LEAF'] },
    nodes_featureids: { ints: [1, 0, 0, 0, 0, 0] },
    nodes_values: { floats: Float32Array.of(0.5, 0, 0, -1, 0, 0) },
    nodes_truenodeids: { ints: [3, 0, 0, 1, 0, 0] },
    nodes_falsenodeids: { ints: [5, 0, 0, 2, 0, 0] },
    target_treeids: { ints: [7, 7, 2, 2] },
    target_nodeids: { ints: [3, 5, 1, 2] },
    target_ids: { ints: [0, 0, 0, 0] },
    target_weights: { floats: Float32Array.of(1, 2, 4, 8) },
    ...changes,
  };
  const graph = {
    name: 'foreign',
    node: [node('TreeEnsembleRegressor', ['features'], ['estimate'], attributes, 'ai.onnx.ml')],
    input: [valueInfo('features', DataType.float, ['N', 2])],
    output: [valueInfo('estimate', DataType.float, ['N', 1])],
  };
  return writeOnnx(model(graph, [{ domain: 'ai.onnx.ml', version: 3 }]));
}

describe('a forest as ONNX', () => {
  test("gives in onnxruntime the evaluator's own estimates to 1e-5 relative", async () => {
    expect(relative(await runOnnx(bytes, x, forest.features), predictForest(forest, x))).toBeLessThan(1e-5);
  });

  test('comes back with the same trees and covers, and with the same SHAP values to float32', () => {
    const back = forestFromOnnx(bytes, 'forest.onnx');
    for (const part of ['roots', 'feature', 'threshold', 'left', 'right', 'cover'] as const)
      expect([...back[part]]).toEqual([...forest[part]]);
    expect([back.features, back.targets]).toEqual([12, 3]);
    expect(relative(back.value, forest.value)).toBeLessThan(1e-6);
    const [mine, its] = [shapValues(forest, x, 300), shapValues(back, x, 300)];
    const largest = mine.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = mine.values.reduce((most, value, i) => Math.max(most, Math.abs(value - its.values[i])), 0);
    expect(difference / largest).toBeLessThan(1e-6);
    expect(forestToOnnx(back).equals(bytes)).toBe(true);
  });

  test('is read from other exporters too: sums, offsets, strict comparisons, nodes in any order', async () => {
    const file = foreign();
    const rows = Float32Array.of(-1, 0.5, -1, 0.49999997, -0.99999994, 0.5, 3, -3);
    const got = predictForest(forestFromOnnx(file, 'foreign.onnx'), rows);
    expect([...got]).toEqual([16, 15, 20, 19]);
    expect([...(await runOnnx(file, rows, 2))]).toEqual([...got]);
    expect(() => shapValues(forestFromOnnx(file, 'foreign.onnx'), rows, 4)).toThrow(/nodes_hitrates/);
  });

  test('is refused where its trees are not trees or it means something else', () => {
    const refuse = (changes: Record<string, OnnxAttributeValue>) =>
      expect(() => forestFromOnnx(foreign(changes), 'foreign.onnx'));
    refuse({ nodes_truenodeids: { ints: [0, 0, 0, 1, 0, 0] } }).toThrow(/node 0 has two parents: foreign\.onnx/);
    refuse({ nodes_truenodeids: { ints: [5, 0, 0, 1, 0, 0] } }).toThrow(/two parents/);
    refuse({ nodes_truenodeids: { ints: [9, 0, 0, 1, 0, 0] } }).toThrow(/tree 7 has no node 9/);
    refuse({ nodes_nodeids: { ints: [0, 5, 5, 0, 1, 2] } }).toThrow(/two nodes 5/);
    refuse({ nodes_featureids: { ints: [2, 0, 0, 0, 0, 0] } }).toThrow(/feature 2 of 2/);
    refuse({ nodes_values: { floats: Float32Array.of(1) } }).toThrow(/nodes_values has 1 values, not 6/);
    refuse({ target_ids: { ints: [0, 0, 0, 1] } }).toThrow(/weight 3/);
    refuse({ target_weights: { floats: Float32Array.of(1, Number.NaN, 3, 4) } }).toThrow(/weight 1 is NaN/);
    refuse({ base_values: { floats: Float32Array.of(Number.POSITIVE_INFINITY) } }).toThrow(/base_values .*not finite/);
    refuse({ post_transform: { string: 'LOGISTIC' } }).toThrow(/LOGISTIC/);
    refuse({ aggregate_function: { string: 'MAX' } }).toThrow(/MAX/);
    refuse({ n_targets: { int: 2 ** 40 } }).toThrow(/targets/);
    const other = writeOnnx(model({ node: [node('Relu', ['x'], ['y'])] }, [{ version: 17 }]));
    expect(() => forestFromOnnx(other, 'relu.onnx')).toThrow(/no TreeEnsembleRegressor: relu\.onnx/);
  });

  test('damaged in any byte is read as another forest or refused with one clear error', () => {
    const file = foreign();
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] ^= change;
        try {
          const read = forestFromOnnx(damaged, 'damaged.onnx');
          expect(predictForest(read, new Float32Array(read.features)).length).toBe(read.targets);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NadirError);
          expect(String(thrown)).toContain('damaged.onnx');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
