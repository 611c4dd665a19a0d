/** Soil and concept model folders as training leaves them, small and real: holdouts are computed apart from the engine under test. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, Random, writeNpz } from '../../sdk/base/index.ts';
import { attributeOf, type OnnxModel, tensorValues, writeOnnx } from '../../sdk/compact/onnx.ts';
import { computeFeatures } from '../../sdk/spectra/index.ts';
import { encoderModel, forestModel, studentModel } from './sample-models.ts';

const BANDS = 6;
const ROWS = 20;
const TARGETS = ['P', 'pH'];
const FEATURES = [
  { name: 'raw@2', group: 'raw', bands: [2], weights: [1] },
  { name: 'd1@3', group: 'd1', bands: [2, 3], weights: [-1, 1] },
  { name: 'fft@0', group: 'fft', bands: [0, 1, 2, 3, 4, 5], weights: [0.1, 0.2, 0.3, -0.3, -0.2, -0.1] },
];
/** Embedding length and latents of the sample concept model. */
export const D = 24;
const LATENTS = 10;

/** Follows each row through the trees in the plainest way. */
function walkForest(model: OnnxModel, features: Float32Array, columns: number, targets: number): Float64Array {
  const ensemble = model.graph.node?.[0] ?? {};
  const ints = (name: string) => attributeOf(ensemble, name)?.ints ?? [];
  const floats = (name: string) => attributeOf(ensemble, name)?.floats ?? new Float32Array();
  const trees = new Set(ints('nodes_treeids')).size;
  const at = new Map(ints('nodes_treeids').map((tree, i) => [`${tree} ${ints('nodes_nodeids')[i]}`, i]));
  const rows = features.length / columns;
  const estimates = new Float64Array(rows * targets);
  for (let row = 0; row < rows; row++) {
    for (let tree = 0; tree < trees; tree++) {
      let id = 0;
      const place = () => at.get(`${tree} ${id}`) ?? 0;
      while (ints('nodes_truenodeids')[place()] > 0) {
        const low = features[row * columns + ints('nodes_featureids')[place()]] <= floats('nodes_values')[place()];
        id = ints(low ? 'nodes_truenodeids' : 'nodes_falsenodeids')[place()];
      }
      ints('target_treeids').forEach((owner, i) => {
        if (owner !== tree || ints('target_nodeids')[i] !== id) return;
        estimates[row * targets + ints('target_ids')[i]] += floats('target_weights')[i] / trees;
      });
    }
  }
  return estimates;
}

/** The student in float64, row by row, each input rounded to a whole step as DynamicQuantizeLinear defines it. */
function walkStudent(model: OnnxModel, embeddings: Float32Array): Float32Array {
  const values = (name: string) => {
    const found = model.graph.initializer?.find((tensor) => tensor.name === name);
    return Array.from(found ? (tensorValues(found, 'student') as ArrayLike<number>) : [], Number);
  };
  const [encoder, [scale], bias] = [values('encoder'), values('scale'), values('bias')];
  const even = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
  const latents = new Float32Array((embeddings.length / D) * LATENTS);
  for (let row = 0; row < embeddings.length / D; row++) {
    const embedding = embeddings.subarray(row * D, (row + 1) * D);
    const low = Math.min(0, ...embedding);
    const step = Math.fround((Math.max(0, ...embedding) - low) / 255);
    const zero = even(Math.min(255, Math.max(0, -low / step)));
    const whole = Array.from(embedding, (x) => Math.min(255, Math.max(0, even(Math.fround(x / step)) + zero)));
    for (let latent = 0; latent < LATENTS; latent++) {
      const sum = whole.reduce((total, value, i) => total + (value - zero) * encoder[i * LATENTS + latent], 0);
      latents[row * LATENTS + latent] = Math.max(0, sum * Math.fround(step * scale) + bias[latent]);
    }
  }
  return latents;
}

/** Writes a soil model folder. */
export async function writeSoil(dir: string, seed = 1): Promise<string> {
  const random = Random.of(seed, 'soil folder');
  const spectra = Float32Array.from({ length: ROWS * BANDS }, () => random.normal());
  const features = computeFeatures(FEATURES, spectra, BANDS);
  const forest = forestModel(5, 3, FEATURES.length, TARGETS.length, seed);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'forest.onnx'), writeOnnx(forest));
  await writeNpz(join(dir, 'holdout.npz'), {
    spectra: { shape: [ROWS, BANDS], data: spectra },
    features: { shape: [ROWS, FEATURES.length], data: features },
    prediction: { shape: [ROWS, TARGETS.length], data: walkForest(forest, features, FEATURES.length, TARGETS.length) },
  });
  const json = {
    kind: 'soil',
    version: '0.1.0',
    model: 'forest',
    targets: TARGETS,
    features: FEATURES,
    wavelengthsNm: [460, 480, 500, 520, 540, 560],
    targetMean: { P: 60, pH: 6.5 },
    targetSd: { P: 20, pH: 0.5 },
    bandsRead: [0, 1, 2, 3, 4, 5],
    data: { name: 'sample', sha256: 'ab'.repeat(32), rows: 100 },
    seed,
    options: {},
    figures: {},
    holdout: 'rows of the last fold',
  };
  await writeFile(join(dir, 'model.json'), canonicalJson(json));
  return dir;
}

/** Writes a concept model folder. */
export async function writeConcepts(dir: string, seed = 2): Promise<string> {
  const random = Random.of(seed, 'concept folder');
  const embeddings = Float32Array.from({ length: ROWS * D }, () => Math.max(0, random.normal()));
  const student = studentModel(D, LATENTS, seed);
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'student.onnx'), writeOnnx(student));
  await writeNpz(join(dir, 'holdout.npz'), {
    embeddings: { shape: [ROWS, D], data: embeddings },
    latents: { shape: [ROWS, LATENTS], data: walkStudent(student, embeddings) },
  });
  const json = {
    kind: 'concepts',
    version: '0.1.0',
    d: D,
    n: 64,
    data: { name: 'sample', sha256: 'cd'.repeat(32), rows: 200 },
    seed,
    student: { latents: Array.from({ length: LATENTS }, (_, i) => 3 * i), k: 4, jaccard16: 1, cosineLoss: 0, bytes: 0 },
  };
  await writeFile(join(dir, 'model.json'), canonicalJson(json));
  const named = [{ latent: 3, name: 'river', score: 0.5, margin: 0.1, valid: true }];
  await writeFile(join(dir, 'names.json'), canonicalJson({ vocabulary: 'sample', threshold: 0.4, named }));
  return dir;
}

/** Writes an image encoder whose embedding has `d` numbers. */
export async function writeEncoder(path: string, d = D): Promise<string> {
  await writeFile(path, writeOnnx(encoderModel(d, 3)));
  return path;
}
