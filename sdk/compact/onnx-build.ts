/** Builders of small ONNX graphs: tensors, values, nodes and a model around them. */
import { NadirError, type NumericArray } from '../base/index.ts';
import {
  AttributeType,
  DataType,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxOperatorSet,
  type OnnxTensor,
  type OnnxValueInfo,
} from './onnx-types.ts';

/** IR version written: 10 (ONNX 1.16), which onnxruntime takes since 1.18. */
const IR_VERSION = 10;

/**
 * Value of an attribute, its kind in the key since a number alone does not tell an integer from a float:
 * `{ int: 1 }`, `{ floats: Float32Array.of(0.5) }`, `{ string: 'SUM' }`.
 */
export type OnnxAttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: Float32Array }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly tensor: OnnxTensor };

const ARRAY_TYPES = [
  [DataType.float, Float32Array],
  [DataType.double, Float64Array],
  [DataType.float16, Float16Array],
  [DataType.int8, Int8Array],
  [DataType.uint8, Uint8Array],
  [DataType.int16, Int16Array],
  [DataType.uint16, Uint16Array],
  [DataType.int32, Int32Array],
  [DataType.uint32, Uint32Array],
  [DataType.int64, BigInt64Array],
  [DataType.uint64, BigUint64Array],
] as const;

/** A tensor whose element type is that of `data`; `dims` [] is a scalar. */
export function tensor(name: string, dims: readonly number[], data: NumericArray): OnnxTensor {
  const count = dims.reduce((product, length) => product * length, 1);
  if (count !== data.length) throw new RangeError(`tensor ${name} [${dims}] does not hold ${data.length} values`);
  const known = ARRAY_TYPES.find(([, ArrayType]) => data instanceof ArrayType);
  if (known === undefined) throw new RangeError(`tensor ${name} has no ONNX element type`);
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dims, dataType: known[0], name, rawData };
}

/** Values of a numeric tensor (a copy). Throws NadirError where they are outside the file, or not as many as `dims` says. */
export function tensorValues(tensor: OnnxTensor, where: string): NumericArray {
  const fail = (what: string) =>
    new NadirError({ what, where: `${where}, tensor ${tensor.name ?? '(unnamed)'}`, remedy: 'Export the model again' });
  if (tensor.dataLocation === 1) throw fail('tensor is kept in another file, which is not read');
  const known = ARRAY_TYPES.find(([dataType]) => dataType === tensor.dataType);
  if (known === undefined) throw fail(`tensor of element type ${tensor.dataType} is not supported`);
  const count = (tensor.dims ?? []).reduce((product, length) => product * length, 1);
  const ArrayType = known[1];
  let values: NumericArray;
  if (tensor.rawData !== undefined) {
    if (tensor.rawData.length !== count * ArrayType.BYTES_PER_ELEMENT)
      throw fail(`tensor [${tensor.dims}] has ${tensor.rawData.length} bytes`);
    values = new ArrayType(new Uint8Array(tensor.rawData).buffer);
  } else if (tensor.int32Data !== undefined && tensor.dataType === DataType.float16) {
    values = new Float16Array(Uint16Array.from(tensor.int32Data).buffer); // bit patterns
  } else if (ArrayType === BigInt64Array) values = (tensor.int64Data ?? new BigInt64Array()).slice();
  else if (ArrayType === BigUint64Array) values = (tensor.uint64Data ?? new BigUint64Array()).slice();
  else {
    const list = tensor.floatData ?? tensor.doubleData ?? tensor.int32Data ?? tensor.uint64Data ?? [];
    values = (ArrayType as typeof Float64Array).from(list as ArrayLike<number>, Number);
  }
  if (values.length !== count) throw fail(`tensor [${tensor.dims}] has ${values.length} values`);
  return values;
}

/** Input or output of a graph; a name as a dimension is a length that is not fixed. */
export function valueInfo(name: string, elemType: number, dims: readonly (number | string)[]): OnnxValueInfo {
  const dim = dims.map((length) => (typeof length === 'number' ? { dimValue: length } : { dimParam: length }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** A node; `domain` only for operators outside the standard's own set, such as `ai.onnx.ml`. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, OnnxAttributeValue>> = {},
  domain?: string,
): OnnxNode {
  const attribute = Object.entries(attributes).map(([name, value]) => attributeFrom(name, value));
  const named = { input, output, name: output[0], opType };
  return { ...named, ...(attribute.length > 0 && { attribute }), ...(domain !== undefined && { domain }) };
}

/** A model around a graph, as Nadir writes it: without the package's version, so that a release changes no bytes. */
export function model(graph: OnnxGraph, opsetImport: readonly OnnxOperatorSet[], docString?: string): OnnxModel {
  const head = { irVersion: IR_VERSION, producerName: 'nadir' };
  return { ...head, ...(docString !== undefined && { docString }), graph, opsetImport };
}

/** Attribute of a node by its name. */
export function attributeOf(node: OnnxNode, name: string): OnnxAttribute | undefined {
  return node.attribute?.find((attribute) => attribute.name === name);
}

function attributeFrom(name: string, value: OnnxAttributeValue): OnnxAttribute {
  if ('int' in value) return { name, i: value.int, type: AttributeType.int };
  if ('ints' in value) return { name, ints: value.ints, type: AttributeType.ints };
  if ('float' in value) return { name, f: value.float, type: AttributeType.float };
  if ('floats' in value) return { name, floats: value.floats, type: AttributeType.floats };
  if ('string' in value) return { name, s: Buffer.from(value.string), type: AttributeType.string };
  if ('strings' in value) {
    const texts = new Map<string, Buffer>(); // one buffer a text: forests repeat four words a hundred thousand times
    const bytes = value.strings.map((text) => {
      const known = texts.get(text) ?? Buffer.from(text);
      texts.set(text, known);
      return known;
    });
    return { name, strings: bytes, type: AttributeType.strings };
  }
  return { name, t: value.tensor, type: AttributeType.tensor };
}
