import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DataType, model, node, readOnnx, tensor, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { forestFromOnnx, predictForest, shapValues } from '../../sdk/forest/index.ts';
import { coveredForest } from '../../sdk/forest/shap-covers.ts';
import { worst } from './shap-games.ts';

const fixture: {
  madeWith: Record<string, string>;
  x: number[];
  training: number[];
  models: { name: string; onnx: string; estimate: number[] }[];
} = JSON.parse(readFileSync(new URL('../fixtures/onnx-converters.json', import.meta.url), 'utf8'));
const x = Float32Array.from(fixture.x);
const training = Float32Array.from(fixture.training);
const bytesOf = (name: string) => Buffer.from(fixture.models.find((kept) => kept.name === name)?.onnx ?? '', 'base64');

describe("other programs' forests in ONNX", () => {
  for (const { name, onnx, estimate } of fixture.models) {
    test(`estimate as in onnxruntime ${fixture.madeWith.onnxruntime} and have SHAP values on their training rows: ${name}`, () => {
      const forest = forestFromOnnx(Buffer.from(onnx, 'base64'), `${name}.onnx`);
      const got = predictForest(forest, x);
      expect(worst(got, estimate)).toBeLessThan(1e-6); // theirs are float32
      expect(() => shapValues(forest, x, 40)).toThrow(/training rows/);
      const { values, base } = shapValues(coveredForest(forest, training, 200), x, 40);
      const sums = got.map((_, i) => {
        let sum = base[i % forest.targets];
        for (let f = 0; f < 6; f++)
          sum += values[(Math.floor(i / forest.targets) * 6 + f) * forest.targets + (i % forest.targets)];
        return sum;
      });
      expect(worst(sums, got)).toBeLessThan(1e-12);
    });
  }

  test('keep float64 leaves to the last digit, and thresholds that decide every float32 alike', () => {
    const forest = forestFromOnnx(bytesOf('float64 attributes'), 'doubles.onnx');
    const single = forestFromOnnx(bytesOf('scikit-learn random forest'), 'single.onnx');
    const leaf = forest.feature.indexOf(-1);
    expect(forest.value[leaf * 2]).not.toBe(single.value[leaf * 2]);
    expect(Math.abs(forest.value[leaf * 2] / single.value[leaf * 2] - 1)).toBeLessThan(1e-6);
    // the thresholds were raised by 1e-9: the float32 below decides alike
    expect(forest.threshold).toEqual(single.threshold.map((value, i) => (forest.feature[i] < 0 ? 0 : value)));
  });

  test('are refused where the graph does more than set targets side by side', () => {
    const { graph } = readOnnx(bytesOf('scikit-learn forests by target'), 'forests');
    const rebuilt = (changes: object) =>
      writeOnnx(model({ ...graph, ...changes } as Parameters<typeof model>[0], [{ domain: 'ai.onnx.ml', version: 1 }]));
    const operators = graph.node ?? [];
    const concat = operators.at(-1);
    const refuse = (nodes: object[], initializer = graph.initializer ?? []) =>
      expect(() => forestFromOnnx(rebuilt({ node: nodes, initializer }), 'changed.onnx'));
    const before = operators.slice(0, -1);
    refuse([...before, { ...concat, attribute: [] }]).toThrow(/also computes Concat: changed\.onnx/);
    refuse([...before, node('Add', concat?.input ?? [], concat?.output ?? [])]).toThrow(/also computes Add/);
    refuse([...operators, node('Relu', ['X'], ['other'])]).toThrow(/also computes Relu/);
    const halved = [node('Div', [concat?.input?.[0] ?? '', 'two'], concat?.output ?? [])];
    const two = tensor('two', [], Float32Array.of(2));
    refuse([...before.slice(0, 1), ...before.slice(2, 3), ...halved], [two]).not.toThrow();
    refuse([...before.slice(0, 1), ...before.slice(2, 3), ...halved], [tensor('two', [], Float32Array.of(0))]).toThrow(
      /divides by two/,
    );
    const twice = writeOnnx(
      model(
        {
          ...graph,
          node: [...before, { ...concat, input: [concat?.input?.[0] ?? '', concat?.input?.[0] ?? ''] }],
          output: [valueInfo('variable', DataType.float, ['N', 2])],
        } as Parameters<typeof model>[0],
        [{ domain: 'ai.onnx.ml', version: 1 }],
      ),
    );
    expect(() => forestFromOnnx(twice, 'twice.onnx')).toThrow(/used twice|also computes/);
  });
});
