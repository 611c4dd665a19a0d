import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { inspectOnnx } from '../../sdk/compact/inspect.ts';
import { inferShapes } from '../../sdk/compact/liveness.ts';
import {
  DataType,
  model,
  node,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  tensor,
  valueInfo,
  writeOnnx,
} from '../../sdk/compact/onnx.ts';
import { broadcast, ELEMENT_BYTES } from '../../sdk/compact/shapes.ts';
import { forestModel, studentModel, weights } from './sample-models.ts';

const OPSETS = [{ version: 17 }, { domain: 'ai.onnx.ml', version: 3 }];
const image = valueInfo('image', DataType.float, ['N', 3, 'H', 'W']);

function graphOf(nodes: readonly OnnxNode[], initializer: readonly OnnxTensor[], input = [image]): OnnxGraph {
  const last = nodes[nodes.length - 1];
  const output = [valueInfo(last.output?.[0] ?? '', DataType.float, [])];
  return { name: 'g', node: nodes, initializer, input, output };
}

/** What onnxruntime itself gives for every tensor of a graph: the oracle of shape inference. */
async function ranShapes(graph: OnnxGraph, dims: readonly number[]): Promise<Map<string, readonly number[]>> {
  const names = (graph.node ?? []).flatMap((made) => made.output ?? []);
  const open = model({ ...graph, output: names.map((name) => ({ name })) }, OPSETS);
  const session = await InferenceSession.create(writeOnnx(open), {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  const count = dims.reduce((product, length) => product * length, 1);
  const feeds = { [session.inputNames[0]]: new Tensor('float32', new Float32Array(count).fill(0.5), dims) };
  const results = await session.run(feeds);
  await session.release();
  return new Map(names.map((name) => [name, results[name].dims]));
}

describe('shapes are those that onnxruntime gives', () => {
  const random = Random.of(1, 'shapes');
  const w = (name: string, ...dims: number[]) => weights(random, name, dims);
  const whole = (name: string, ...values: number[]) =>
    tensor(name, [values.length], BigInt64Array.from(values, BigInt));
  const cases: Record<string, [OnnxGraph, number[]]> = {
    'a convolution net like EfficientNet-Lite': [
      graphOf(
        [
          node('Conv', ['image', 'w0', 'b0'], ['c0'], {
            auto_pad: { string: 'SAME_UPPER' },
            strides: { ints: [2, 2] },
            kernel_shape: { ints: [3, 3] },
          }),
          node('Clip', ['c0', 'zero', 'six'], ['r0']),
          node('Conv', ['r0', 'w1'], ['c1'], {
            group: { int: 8 },
            pads: { ints: [2, 1, 0, 3] },
            dilations: { ints: [2, 1] },
          }),
          node('Conv', ['r0', 'w2'], ['c2'], {}),
          node('Add', ['c2', 'r0'], ['a']),
          node('GlobalAveragePool', ['a'], ['pool']),
          node('Flatten', ['pool'], ['embedding']),
          node('Gemm', ['embedding', 'w3', 'b3'], ['logits'], { transB: { int: 1 } }),
        ],
        [
          w('w0', 8, 3, 3, 3),
          w('b0', 8),
          w('w1', 8, 1, 3, 3),
          w('w2', 8, 8, 1, 1),
          w('w3', 5, 8),
          w('b3', 5),
          w('zero'),
          w('six'),
        ],
      ),
      [2, 3, 13, 17],
    ],
    'pooling with and without rounding up': [
      graphOf(
        [
          node('MaxPool', ['image'], ['m'], {
            kernel_shape: { ints: [3, 2] },
            strides: { ints: [2, 2] },
            ceil_mode: { int: 1 },
          }),
          node('AveragePool', ['image'], ['v'], {
            kernel_shape: { ints: [3, 2] },
            strides: { ints: [2, 3] },
            auto_pad: { string: 'VALID' },
          }),
          node('Sigmoid', ['v'], ['s']),
        ],
        [],
      ),
      [1, 3, 12, 9],
    ],
    'reshaping, transposing, joining and picking': [
      graphOf(
        [
          node('Transpose', ['image'], ['t'], { perm: { ints: [0, 2, 3, 1] } }),
          node('Reshape', ['t', 'shape'], ['flat']),
          node('Concat', ['flat', 'flat'], ['twice'], { axis: { int: -1 } }),
          node('TopK', ['twice', 'k'], ['best', 'places']),
          node('Unsqueeze', ['best', 'axes'], ['more']),
          node('Squeeze', ['more', 'axes'], ['less']),
          node('Cast', ['less'], ['half'], { to: { int: DataType.float16 } }),
          node('Mul', ['twice', 'row'], ['scaled']),
          node('Greater', ['scaled', 'row'], ['over']),
        ],
        [whole('shape', 0, -1), whole('k', 4), whole('axes', 1, -1), w('row', 1, 1)],
      ),
      [2, 3, 4, 5],
    ],
    'an integer student': [studentModel(12, 7, 3).graph, [3, 12]],
    'a forest': [forestModel(3, 2, 4, 2, 5).graph, [6, 4]],
  };
  test.each(Object.entries(cases))('%s', async (_, [graph, dims]) => {
    const { shapes, unknown } = inferShapes(graph, dims[0], { H: dims[2], W: dims[3] }, 'test');
    expect(unknown).toEqual([]);
    const ran = await ranShapes(graph, dims);
    for (const [name, shape] of ran) expect([name, shapes.get(name)?.dims]).toEqual([name, [...shape]]);
  });
});

test('peak activation memory is that of a walk by hand', () => {
  // a [N,100] -> b (read again at the end) -> c -> d; b lives over c: worst when d is made: a + b + c + d
  const input = [valueInfo('a', DataType.float, ['N', 100])];
  const graph = graphOf(
    [
      node('Relu', ['a'], ['b']),
      node('Gemm', ['b', 'wide'], ['c']), // [N,300]
      node('Gemm', ['c', 'narrow'], ['d']), // [N,10]
      node('Gemm', ['b', 'side'], ['e']), // [N,10], c is gone
      node('Add', ['d', 'e'], ['f']),
    ],
    [
      weights(Random.of(2, 'w'), 'wide', [100, 300]),
      weights(Random.of(2, 'n'), 'narrow', [300, 10]),
      weights(Random.of(2, 's'), 'side', [100, 10]),
    ],
    input,
  );
  const inspected = inspectOnnx(writeOnnx(model(graph, OPSETS)), 'test', { batch: 7 });
  expect(inspected.peakActivationBytes).toBe(7 * 4 * (100 + 100 + 300 + 10));
  expect(inspected.peakAt).toBe('Gemm (d)');
  expect(inspected.weightBytes).toBe(4 * (100 * 300 + 300 * 10 + 100 * 10));
  expect(inspected.unknown).toEqual([]);
});

test('a result that nobody reads is counted when it is made and not after', () => {
  const input = [valueInfo('a', DataType.float, ['N', 10])];
  const spare = graphOf(
    [node('Relu', ['a'], ['spare']), node('Relu', ['a'], ['b']), node('Relu', ['b'], ['c'])],
    [],
    input,
  );
  expect(inspectOnnx(writeOnnx(model(spare, OPSETS)), 'test').peakActivationBytes).toBe(4 * 30);
});

test('what a file holds: values, operators, parameters', () => {
  const student = inspectOnnx(writeOnnx(studentModel(12, 7, 3)), 'test');
  expect(student.inputs).toEqual([{ name: 'embedding', type: 'float', dims: ['N', 12] }]);
  expect(student.outputs).toEqual([{ name: 'latents', type: 'float', dims: ['N', 7] }]);
  expect(student.operators.map(({ op, count }) => `${op} ${count}`)).toContain('MatMulInteger 1');
  expect(student.weightBytes).toBe(12 * 7 + 4 + 4 * 7); // int8 matrix, its scale, biases
  const forest = inspectOnnx(writeOnnx(forestModel(3, 2, 4, 2, 5)), 'test');
  expect(forest.operators).toEqual([{ domain: 'ai.onnx.ml', op: 'TreeEnsembleRegressor', count: 1 }]);
  expect(forest.opsets).toContainEqual({ domain: 'ai.onnx.ml', version: 3 });
  expect(forest.parameters).toBe(3 * (3 + 4 * 2)); // per tree of depth 2: 3 thresholds, 4 leaves of 2 targets
});

test('what cannot be known is said, not guessed', () => {
  const strange = graphOf([node('Fold', ['image'], ['x'], {}, 'com.example'), node('Relu', ['x'], ['y'])], []);
  const inspected = inspectOnnx(writeOnnx(model(strange, OPSETS)), 'test', { lengths: { H: 8, W: 8 } });
  expect(inspected.unknown).toEqual(['operator com.example.Fold (x)']);
  expect(inspected.peakActivationBytes).toBeNull();
  const plain = writeOnnx(model(graphOf([node('Relu', ['image'], ['y'])], []), OPSETS));
  expect(inspectOnnx(plain, 'test', { lengths: { H: 8 } }).unknown).toEqual(['size of input image']);
  const late = graphOf([node('Relu', ['y'], ['z']), node('Relu', ['image'], ['y'])], []);
  expect(inspectOnnx(writeOnnx(model(late, OPSETS)), 'test', { lengths: { H: 8, W: 8 } }).unknown).toEqual([
    'input of Relu (z), which no node before it makes',
  ]);
});

test('a file that is not ONNX is one clear error', () => {
  expect(() => inspectOnnx(Buffer.from('not a model'), 'x.onnx')).toThrow(/^not [^\n]*x\.onnx[^\n]*$/);
  const whole = writeOnnx(studentModel(12, 7, 3));
  expect(() => inspectOnnx(whole.subarray(0, whole.length - 9), 'x.onnx')).toThrow(/x\.onnx/);
});

test('shapes are stretched as NumPy does', () => {
  expect(broadcast([3, 1, 5], [4, 1])).toEqual([3, 4, 5]);
  expect(broadcast([], [2, 2])).toEqual([2, 2]);
  expect(broadcast([3], [2])).toBeUndefined();
  expect(ELEMENT_BYTES[DataType.int64]).toBe(8);
});
