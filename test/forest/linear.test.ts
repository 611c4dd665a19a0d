import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { DataType, model, node, tensor, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { fitEstimator, linearFromOnnx, linearToOnnx, predictLinear } from '../../sdk/forest/index.ts';
import { soils, worst } from './estimators-data.ts';

const small = {
  features: 3,
  targets: 2,
  coefficients: Float64Array.of(1, -2, 0.1, 4, 1e-9, 5),
  intercept: Float64Array.of(0.5, -7),
};

/** A model as torch.nn.Linear exports it: float32, transposed. */
function foreign(changes: { op?: string; bias?: number[] } = {}): Buffer {
  const graph = {
    name: 'foreign',
    node: [
      node(changes.op ?? 'Gemm', ['x', 'weight', 'bias'], ['y'], {
        alpha: { float: 1 },
        beta: { float: 1 },
        transB: { int: 1 },
      }),
    ],
    initializer: [
      tensor('weight', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
      tensor('bias', [changes.bias?.length ?? 2], Float32Array.from(changes.bias ?? [10, 20])),
    ],
    input: [valueInfo('x', DataType.float, ['N', 3])],
    output: [valueInfo('y', DataType.float, ['N', 2])],
  };
  return writeOnnx(model(graph, [{ domain: '', version: 17 }]));
}

describe('a linear model as ONNX', () => {
  test('comes back with the same bits', () => {
    const bytes = linearToOnnx(small);
    expect(linearFromOnnx(bytes, 'linear.onnx')).toEqual(small);
    expect(linearToOnnx(linearFromOnnx(bytes, 'linear.onnx')).equals(bytes)).toBe(true);
  });

  test('gives in onnxruntime the estimates of PLS on 150 raw bands, whose coefficients cancel, to float32', async () => {
    const table = soils('SL.125', ['pH', 'clay']);
    const estimator = fitEstimator('pls', table, { components: 20, componentRule: 'all' }, 1);
    const session = await InferenceSession.create(estimator.files().get('linear.onnx') ?? new Uint8Array(), {
      intraOpNumThreads: 1,
    });
    const { estimate } = await session.run({ features: new Tensor('float32', table.x, [table.n, table.features]) });
    await session.release();
    expect(worst(estimate.data as Float32Array, estimator.predict(table.x, table.n))).toBeLessThan(1e-7);
  });

  test('is read from others too: transposed, float32', () => {
    const read = linearFromOnnx(foreign(), 'foreign.onnx');
    expect([...predictLinear(read, Float32Array.of(1, 1, 2), 1)]).toEqual([19, 41]);
  });

  test('is refused where the graph means something else', () => {
    expect(() => linearFromOnnx(foreign({ op: 'Conv' }), 'foreign.onnx')).toThrow(/no Gemm: foreign\.onnx/);
    expect(() => linearFromOnnx(foreign({ bias: [1, 2, 3] }), 'foreign.onnx')).toThrow(/3 values for 2 targets/);
    expect(() => linearFromOnnx(foreign({ bias: [1, Number.NaN] }), 'foreign.onnx')).toThrow(/not a finite number/);
  });

  test('damaged in any byte is read as another model or refused with one clear error', () => {
    const file = linearToOnnx(small);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(file);
        damaged[at] ^= change;
        try {
          const read = linearFromOnnx(damaged, 'damaged.onnx');
          expect(predictLinear(read, new Float32Array(read.features), 1).length).toBe(read.targets);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NadirError);
          expect(String(thrown)).toContain('damaged.onnx');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
