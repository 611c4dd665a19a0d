/**
 * Linear models as ONNX files: one Gemm. Its weights are float64 between two casts, for coefficients on neighbouring bands nearly cancel, and
 * float32 would lose in the third digit what they leave.
 */
import { NadirError } from '../base/index.ts';
import {
  attributeOf,
  DataType,
  model,
  node,
  type OnnxGraph,
  type OnnxNode,
  readOnnx,
  tensor,
  tensorValues,
  valueInfo,
  writeOnnx,
} from '../compact/onnx.ts';
import type { LinearModel } from './linear.ts';

const MAX_FEATURES = 2 ** 24;
const MAX_TARGETS = 65_536;
const MAX_COEFFICIENTS = 2 ** 27;

/** Input `features` float32 [N, features], output `estimate` float32 [N, targets]. The same model gives the same bytes. */
export function linearToOnnx({ features, targets, coefficients, intercept }: LinearModel): Buffer {
  const graph = {
    name: 'linear',
    node: [
      node('Cast', ['features'], ['exact'], { to: { int: DataType.double } }),
      node('Gemm', ['exact', 'coefficients', 'intercept'], ['sum']),
      node('Cast', ['sum'], ['estimate'], { to: { int: DataType.float } }),
    ],
    initializer: [tensor('coefficients', [features, targets], coefficients), tensor('intercept', [targets], intercept)],
    input: [valueInfo('features', DataType.float, ['N', features])],
    output: [valueInfo('estimate', DataType.float, ['N', targets])],
  };
  return writeOnnx(
    model(graph, [{ domain: '', version: 17 }], `Linear model: ${features} features, ${targets} targets`),
  );
}

/**
 * Reads a linear model: ours, or another's Gemm (transposed or not, float32 or float64) with constant weights and intercept; casts and
 * identities around it are passed over. `where` names the bytes in errors.
 */
export function linearFromOnnx(bytes: Uint8Array, where: string): LinearModel {
  const { graph } = readOnnx(bytes, where);
  const fail = (what: string) =>
    new NadirError({ what, where, remedy: 'Give a linear model exported as one Gemm with constant weights' });
  const nodes = graph.node ?? [];
  const gemm = nodes.find(({ opType }) => opType === 'Gemm');
  if (gemm === undefined) throw fail('not a linear model: the graph has no Gemm');
  const other = nodes.find((one) => one !== gemm && one.opType !== 'Cast' && one.opType !== 'Identity');
  if (other !== undefined) throw fail(`the graph also computes ${other.opType ?? 'something'}`);
  const scaled = ['alpha', 'beta'].find((name) => (attributeOf(gemm, name)?.f ?? 1) !== 1);
  if (scaled !== undefined || (attributeOf(gemm, 'transA')?.i ?? 0) !== 0)
    throw fail(`the Gemm has its own ${scaled ?? 'transA'}`);
  const isTransposed = (attributeOf(gemm, 'transB')?.i ?? 0) !== 0;
  const weights = constantOf(graph, gemm, 1, where);
  if (weights === undefined || weights.dims.length !== 2) throw fail('the Gemm has no constant matrix of weights');
  const [features, targets] = isTransposed ? [weights.dims[1], weights.dims[0]] : weights.dims;
  if (features > MAX_FEATURES || targets < 1 || targets > MAX_TARGETS || features * targets > MAX_COEFFICIENTS)
    throw fail(`the model has ${features} features and ${targets} targets`);
  const bias = constantOf(graph, gemm, 2, where);
  if (gemm.input?.[2] !== undefined && gemm.input[2] !== '' && bias?.values.length !== targets)
    throw fail(`the intercept has ${bias?.values.length ?? 'no constant'} values for ${targets} targets`);
  const coefficients = isTransposed ? transpose(weights.values, targets, features) : weights.values;
  const intercept = bias?.values ?? new Float64Array(targets);
  if (!coefficients.every(Number.isFinite) || !intercept.every(Number.isFinite))
    throw fail('a coefficient is not a finite number');
  return { features, targets, coefficients, intercept };
}

function constantOf(graph: OnnxGraph, gemm: OnnxNode, input: number, where: string) {
  const name = gemm.input?.[input];
  const found = graph.initializer?.find((constant) => constant.name === name);
  if (name === undefined || found === undefined) return undefined;
  return { dims: found.dims ?? [], values: Float64Array.from(tensorValues(found, where) as Float64Array, Number) };
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float64Array, rows: number, columns: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}
