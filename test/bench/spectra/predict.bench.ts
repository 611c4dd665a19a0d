/** The evaluator that flies beside onnxruntime-node, one thread each. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { forestToOnnx, predictForest, predictInto, preparedForest } from '../../../sdk/forest/index.ts';
import { type BenchCase, cpuSeconds, type Measured } from '../case.ts';
import { type BenchForest, benchForest, type ForestName } from './bench-forests.ts';

/** Calls of one row whose median is taken. */
const CALLS = 3000;

/** Median wall seconds of a call, over rows that change. */
async function medianCall(made: BenchForest, call: (row: Float32Array) => unknown): Promise<Measured> {
  const times = new Float64Array(CALLS);
  const { features } = made.forest;
  for (let i = 0; i < CALLS; i++) {
    const row = (i * 7) % made.rows;
    const x = made.x.subarray(row * features, (row + 1) * features);
    const start = process.hrtime.bigint();
    const result = call(x);
    if (result instanceof Promise) await result;
    times[i] = Number(process.hrtime.bigint() - start) / 1e9;
  }
  return { seconds: times.sort()[CALLS / 2] };
}

function session(made: BenchForest): Promise<InferenceSession> {
  return InferenceSession.create(forestToOnnx(made.forest), { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

function oneRow(name: ForestName): BenchCase {
  let made: BenchForest;
  let peer: InferenceSession;
  return {
    name: `predict/${name}, one row, median wall seconds`,
    goal: 2,
    repeats: 5,
    prepare: async () => {
      made = benchForest(name);
      peer = await session(made);
    },
    ours: () => {
      const forest = preparedForest(made.forest);
      const estimate = new Float64Array(forest.targets);
      return medianCall(made, (x) => predictInto(forest, x, 1, estimate));
    },
    peerHere: {
      name: 'onnxruntime-node',
      run: () => medianCall(made, (x) => peer.run({ features: new Tensor('float32', x, [1, made.forest.features]) })),
    },
  };
}

function batch(name: ForestName): BenchCase {
  let made: BenchForest;
  let peer: InferenceSession;
  return {
    name: `predict/${name}, 1700 rows`,
    goal: 1,
    repeats: 10,
    prepare: async () => {
      made = benchForest(name);
      peer = await session(made);
    },
    ours: async () => ({ seconds: await cpuSeconds(() => predictForest(made.forest, made.x)) }),
    peerHere: {
      name: 'onnxruntime-node',
      run: async () => ({
        seconds: await cpuSeconds(() =>
          peer.run({ features: new Tensor('float32', made.x, [made.rows, made.forest.features]) }),
        ),
      }),
    },
  };
}

export const cases: BenchCase[] = [oneRow('F10'), oneRow('F1'), batch('F10'), batch('F1')];
