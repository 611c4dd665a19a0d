import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { NadirError, sha256 } from '../../sdk/base/index.ts';
import { attributeOf, DataType, readOnnx, tensor, tensorValues, writeOnnx } from '../../sdk/compact/onnx.ts';
import { checkedModels, integerProduct, integerWeights } from '../oracles/onnx-models.ts';

const fixture: {
  madeWith: { onnx: string };
  accepted: Record<string, string>;
  reference: { base64: string; tensors: Record<string, string[]> };
} = JSON.parse(readFileSync(new URL('../fixtures/onnx-checked.json', import.meta.url), 'utf8'));
const reference = Buffer.from(fixture.reference.base64, 'base64');

describe('an ONNX file', () => {
  test(`written here is, byte for byte, one that onnx.checker ${fixture.madeWith.onnx} accepted`, () => {
    const written = Object.entries(checkedModels()).map(([name, bytes]) => [name, sha256(bytes)]);
    expect(Object.fromEntries(written)).toEqual(fixture.accepted);
  });

  test('written by the onnx package is read with every kind of attribute and tensor', () => {
    const { graph, irVersion, opsetImport, metadataProps } = readOnnx(reference, 'reference');
    expect(irVersion).toBe(10);
    expect(opsetImport).toEqual([
      { domain: '', version: 17 },
      { domain: 'test', version: 1 },
    ]);
    expect(metadataProps).toEqual([{ key: 'k', value: 'v' }]);
    expect(graph.output?.[0].type?.tensorType?.shape?.dim).toEqual([{ dimValue: 4 }, { dimValue: 2 }]);
    const [node] = graph.node ?? [];
    expect([node.name, node.opType, node.domain, node.input]).toEqual(['knoten-ü', 'Custom', 'test', ['x', '']]);
    expect(attributeOf(node, 'i')?.i).toBe(-7);
    expect(attributeOf(node, 'f')?.f).toBe(0.125);
    expect(Buffer.from(attributeOf(node, 's')?.s ?? []).toString()).toBe('text ü');
    expect(attributeOf(node, 'ints')?.ints).toEqual([0, -1, 2 ** 40, 2 ** 63]); // 2^63 stands for the greatest int64
    expect(attributeOf(node, 'floats')?.floats).toEqual(Float32Array.of(1, 2.5));
    expect(attributeOf(node, 'strings')?.strings?.map((text) => Buffer.from(text).toString())).toEqual(['a', 'b']);
    expect(attributeOf(node, 'g')?.g?.node?.[0].opType).toBe('Identity');
    expect(attributeOf(node, 't')?.t?.name).toBe('raw float');
    expect(attributeOf(node, 'none')).toBeUndefined();
    const read = (graph.initializer ?? []).map((one) => [one.name, Array.from(tensorValues(one, 'reference'), Number)]);
    const expected = Object.entries(fixture.reference.tensors).map(([name, list]) => [name, list.map(Number)]);
    expect(read).toEqual(expected);
  });

  test('is the same after another round of writing and reading, to the last byte', () => {
    const first = readOnnx(reference, 'reference');
    const bytes = writeOnnx(first);
    expect(readOnnx(bytes, 'written')).toEqual(first);
    expect(writeOnnx(readOnnx(bytes, 'written')).equals(bytes)).toBe(true);
  });

  test('with an integer product computes in onnxruntime what its weights say', async () => {
    const { weights, bias } = integerWeights();
    const session = await InferenceSession.create(integerProduct(), { intraOpNumThreads: 1 });
    const x = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i * 1.7) * 3);
    const { y } = await session.run({ x: new Tensor('float32', x, [2, 8]) });
    const quantum = (Math.max(...x, 0) - Math.min(...x, 0)) / 255;
    const zero = Math.round(-Math.min(...x, 0) / quantum);
    for (let row = 0; row < 2; row++) {
      for (let j = 0; j < 5; j++) {
        let sum = 0;
        for (let i = 0; i < 8; i++) sum += (Math.round(x[row * 8 + i] / quantum + zero) - zero) * weights[i * 5 + j];
        expect(Number(y.data[row * 5 + j])).toBeCloseTo(Math.max(0, sum * quantum * 0.03125 + bias[j]), 4);
      }
    }
    await session.release();
  });

  test('cut off anywhere, or damaged, is read as something else or refused in one line that names it', () => {
    const damaged = fc
      .tuple(fc.nat(reference.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean())
      .map(([at, change, cut]) => {
        const bytes = Buffer.from(cut ? reference.subarray(0, at) : reference);
        if (!cut) bytes[at] ^= change;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        try {
          expect(readOnnx(bytes, 'damaged.onnx').graph).toBeDefined();
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(NadirError);
          expect(String(thrown)).toMatch(/^NadirError: [^\n]*damaged\.onnx[^\n]*Export the model again[^\n]*$/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('cannot make the reader allocate what its bytes do not hold', () => {
    const claims = Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f]); // a graph of 4 GiB
    expect(() => readOnnx(claims, 'huge.onnx')).toThrow(/not a whole ONNX file.*huge\.onnx/);
    // a type that is an optional of an optional of …, 70 deep, inside a graph's input
    const wrap = (tag: number, inner: Buffer) =>
      Buffer.concat([Buffer.from([tag, inner.length | 0x80, inner.length >> 7]), inner]);
    let nested = Buffer.alloc(0);
    for (let depth = 0; depth < 70; depth++) nested = wrap(depth % 2 === 0 ? 0x0a : 0x4a, nested);
    expect(() => readOnnx(wrap(0x3a, wrap(0x5a, wrap(0x12, nested))), 'deep.onnx')).toThrow(
      /nested deeper.*deep\.onnx/,
    );
    expect(() => readOnnx(Buffer.alloc(0), 'empty.onnx')).toThrow(/no graph.*empty\.onnx/);
  });

  test('does not take a tensor whose size and bytes differ, or whose bytes are elsewhere', () => {
    const good = tensor('w', [2, 2], Float32Array.of(1, 2, 3, 4));
    expect(tensorValues(good, 'm.onnx')).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(() => tensorValues({ ...good, dims: [2, 3] }, 'm.onnx')).toThrow(/16 bytes: m\.onnx, tensor w/);
    expect(() => tensorValues({ ...good, dataLocation: 1 }, 'm.onnx')).toThrow(/another file/);
    expect(() => tensorValues({ ...good, dataType: 16 }, 'm.onnx')).toThrow(/element type 16/);
    expect(() => tensor('w', [3], Float32Array.of(1))).toThrow(RangeError);
    expect(good.dataType).toBe(DataType.float);
  });
});
