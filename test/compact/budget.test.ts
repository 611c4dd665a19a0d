import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { checkBudget, memoryAtWorst } from '../../sdk/compact/budget.ts';
import { inspectOnnx } from '../../sdk/compact/inspect.ts';
import { DataType, model, node, valueInfo, writeOnnx } from '../../sdk/compact/onnx.ts';
import { type DeviceProfile, readProfile } from '../../sdk/compact/profile.ts';
import { forestModel, weights } from './sample-models.ts';

const MIB = 2 ** 20;
const OPSETS = [{ version: 17 }];
const random = Random.of(1, 'budget');

/** x [N, 1024] → y [N, columns] by one product: 4 KiB of weights a column. */
function productFile(columns: number): Buffer {
  const graph = {
    name: 'product',
    node: [node('MatMul', ['x', 'w'], ['y'])],
    initializer: [weights(random, 'w', [1024, columns])],
    input: [valueInfo('x', DataType.float, ['N', 1024])],
    output: [valueInfo('y', DataType.float, ['N', columns])],
  };
  return writeOnnx(model(graph, OPSETS));
}

async function boardOf(memoryMiB: number): Promise<DeviceProfile> {
  const profile = structuredClone(await readProfile('jetson-nano'));
  profile.memoryLimitBytes.value = memoryMiB * MIB;
  return profile;
}

const models = [
  { name: 'large', inspection: inspectOnnx(productFile(4096), 'large') }, // 16 MiB
  { name: 'small', inspection: inspectOnnx(productFile(256), 'small') }, // 1 MiB
];

test('models fit where the worst moment is within the limit, and not one byte beyond', async () => {
  const board = await boardOf(512);
  const { peakBytes, fits, reasons } = checkBudget(models, board, 20 * MIB);
  expect([fits, reasons]).toEqual([true, []]);
  board.memoryLimitBytes.value = peakBytes;
  expect(checkBudget(models, board, 20 * MIB).fits).toBe(true);
  board.memoryLimitBytes.value = peakBytes - 1;
  expect(checkBudget(models, board, 20 * MIB).fits).toBe(false);
});

test('the change it names makes it fit', async () => {
  const { peakBytes } = checkBudget(models, await boardOf(512), 0);
  const limit = Math.floor(peakBytes / MIB) - 8;
  const tight = checkBudget(models, await boardOf(limit), 0);
  expect(tight.reasons).toHaveLength(1);
  const percent = Number(/make the large model (\d+) % smaller/.exec(tight.reasons[0])?.[1]);
  const columns = Math.floor(4096 * (1 - percent / 100));
  const smaller = [{ name: 'large', inspection: inspectOnnx(productFile(columns), 'large') }, models[1]];
  expect(checkBudget(smaller, await boardOf(limit), 0).fits).toBe(true);
  expect(percent).toBeLessThan(60);
  const raised = await boardOf(0);
  raised.memoryLimitBytes.value = Number(/raise memoryLimitBytes of jetson-nano to (\d+)/.exec(tight.reasons[0])?.[1]);
  expect(checkBudget(models, raised, 0).fits).toBe(true);
});

test('operators that the engine does not run, unknown ones and a full disk are named', async () => {
  const board = await boardOf(512);
  board.engines = [{ name: 'onnxruntime-cpu', operators: ['MatMul'], source: 'test' }];
  const forest = { name: 'soil', inspection: inspectOnnx(writeOnnx(forestModel(2, 2, 3, 1, 1)), 'soil') };
  expect(checkBudget([...models, forest], board, 0).reasons).toEqual([
    'onnxruntime-cpu does not run ai.onnx.ml.TreeEnsembleRegressor: take it out of the soil model',
  ]);
  board.engines = [{ name: 'tflite-edgetpu', source: 'test' }];
  expect(checkBudget(models, board, 0).reasons[0]).toContain(
    'no engine of jetson-nano (tflite-edgetpu) is one that Nadir runs',
  );
  board.storageBytes.value = 10 * MIB;
  expect(checkBudget(models, board, 6 * MIB).reasons[1]).toContain(
    'two bundles of 6.0 MiB do not fit the storage of 10.0 MiB: make the bundle 1.0 MiB smaller',
  );

  const fold = {
    name: 'f',
    node: [node('Fold', ['x'], ['y'], {}, 'com.example')],
    input: [valueInfo('x', DataType.float, ['N', 4])],
    output: [],
  };
  const strange = { name: 'strange', inspection: inspectOnnx(writeOnnx(model(fold, OPSETS)), 'strange') };
  expect(checkBudget([strange], await boardOf(512), 0).reasons).toEqual([
    'onnxruntime-cpu does not run com.example.Fold: take it out of the strange model',
    expect.stringContaining('memory of the strange model cannot be told because of the operator com.example.Fold'),
  ]);
});

test('a process with what flies stays within the predicted memory, and the prediction is not much more', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'nadir-budget-'));
  try {
    const file = join(dir, 'large.onnx');
    const bytes = productFile(8192); // 32 MiB
    await writeFile(file, bytes);
    const answer = execFileSync(process.execPath, ['test/compact/runtime-memory.ts', file, '1', '1024'], {
      encoding: 'utf8',
    });
    const measured: { runtime: number; peak: number } = JSON.parse(answer);
    const predicted = memoryAtWorst([{ name: 'large', inspection: inspectOnnx(bytes, file) }]);
    expect(measured.peak - measured.runtime).toBeGreaterThan(32 * MIB);
    expect(measured.peak).toBeLessThanOrEqual(predicted);
    expect(predicted).toBeLessThan(1.5 * measured.peak);
  } finally {
    await rm(dir, { recursive: true });
  }
});
