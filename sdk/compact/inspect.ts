/** What is in an ONNX file: operators, tensors, parameters, and the memory that its weights and activations need. */
import { activationMemory } from './liveness.ts';
import { DataType, type OnnxAttribute, type OnnxGraph, type OnnxTensor, type OnnxValueInfo, readOnnx } from './onnx.ts';
import { ELEMENT_BYTES, elementCount } from './shapes.ts';

/** An input or output: open dimensions by their name. */
interface InspectedValue {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** What is in an ONNX file. */
export interface OnnxInspection {
  /** Size of the file. */
  readonly bytes: number;
  readonly irVersion: number;
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
  /** By domain, then name. The standard's own domain is `ai.onnx`. */
  readonly operators: readonly { readonly domain: string; readonly op: string; readonly count: number }[];
  readonly nodes: number;
  /** Constant tensors. */
  readonly tensors: number;
  /** Numbers in them, and thresholds and leaf values of tree ensembles. */
  readonly parameters: number;
  /** Bytes of the constant tensors. */
  readonly weightBytes: number;
  /** Bytes of the nodes' attributes once parsed (integers 8, floats 4, texts 40): where a tree ensemble keeps its trees. */
  readonly attributeBytes: number;
  readonly batch: number;
  /** Bytes of activations alive at the worst step of one run, or null where something is unknown. */
  readonly peakActivationBytes: number | null;
  /** The node at that step. */
  readonly peakAt: string | null;
  /** What is unknown, one line each; never guessed. */
  readonly unknown: readonly string[];
}

/** A std::string in a protobuf list: its pointer and its 32 bytes, which hold up to 15 characters. */
const TEXT_BYTES = 40;
/** Numbers that a forest carries for explanations, not for its estimate. */
const NO_PARAMETERS = new Set(['nodes_hitrates', 'nodes_hitrates_as_tensor']);
const MODES = new Set(['nodes_modes']);

/**
 * Inspects an ONNX file for runs of `batch` rows; `lengths` gives other open dimensions by name. `where` names the file in errors. Throws
 * NadirError where the bytes are not an ONNX model.
 */
export function inspectOnnx(
  bytes: Uint8Array,
  where: string,
  options: { readonly batch?: number; readonly lengths?: Readonly<Record<string, number>> } = {},
): OnnxInspection {
  const batch = options.batch ?? 1;
  const model = readOnnx(bytes, where);
  const { graph } = model;
  const attributes = (graph.node ?? []).flatMap((node) => node.attribute ?? []);
  const tensors = [...(graph.initializer ?? []), ...attributes.flatMap((attribute) => attribute.t ?? [])];
  const activations = activationMemory(graph, batch, options.lengths ?? {}, where);
  // Files of old IR versions list every constant among the inputs, as its default value
  const defaults = new Set((graph.initializer ?? []).map(({ name = '' }) => name));
  const elsewhere = tensors.filter((tensor) => tensor.dataLocation === 1).map((tensor) => tensor.name ?? '(unnamed)');
  return {
    bytes: bytes.length,
    irVersion: model.irVersion ?? 0,
    opsets: (model.opsetImport ?? []).map(({ domain, version = 0 }) => ({ domain: domain || 'ai.onnx', version })),
    inputs: (graph.input ?? []).filter(({ name = '' }) => !defaults.has(name)).map(inspectValue),
    outputs: (graph.output ?? []).map(inspectValue),
    operators: countOperators(graph),
    nodes: graph.node?.length ?? 0,
    tensors: tensors.length,
    parameters:
      tensors.reduce((sum, tensor) => sum + elementCount(tensor.dims ?? []), 0) +
      attributes.reduce(
        (sum, { name = '', floats }) => sum + (NO_PARAMETERS.has(name) ? 0 : (floats?.length ?? 0)),
        0,
      ) -
      leaves(attributes),
    weightBytes: tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
    attributeBytes: attributes.reduce((sum, attribute) => sum + attributeBytes(attribute), 0),
    batch,
    peakActivationBytes: activations.peakBytes,
    peakAt: activations.peakAt,
    unknown: [...activations.unknown, ...elsewhere.map((name) => `tensor ${name}, which is kept in another file`)],
  };
}

function inspectValue({ name = '', type }: OnnxValueInfo): InspectedValue {
  const tensor = type?.tensorType;
  const known = Object.entries(DataType).find(([, value]) => value === tensor?.elemType);
  return {
    name,
    type: known?.[0] ?? (tensor ? `element type ${tensor.elemType}` : 'not a tensor'),
    dims: (tensor?.shape?.dim ?? []).map((dim) => dim.dimValue ?? (dim.dimParam || '?')),
  };
}

function countOperators(graph: OnnxGraph): OnnxInspection['operators'] {
  const counts = new Map<string, { domain: string; op: string; count: number }>();
  for (const { domain, opType: op = '(no type)' } of graph.node ?? []) {
    const key = `${domain || 'ai.onnx'} ${op}`;
    const found = counts.get(key) ?? { domain: domain || 'ai.onnx', op, count: 0 };
    found.count++;
    counts.set(key, found);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, counted]) => counted);
}

/** A leaf has a place among the thresholds that holds nothing. */
function leaves(attributes: readonly OnnxAttribute[]): number {
  const modes = attributes.filter(({ name = '' }) => MODES.has(name)).flatMap(({ strings }) => strings ?? []);
  return modes.filter((mode) => mode.length === 4 && Buffer.from(mode).toString('latin1') === 'LEAF').length;
}

function tensorBytes(tensor: OnnxTensor): number {
  return (ELEMENT_BYTES[tensor.dataType ?? 0] ?? 0) * elementCount(tensor.dims ?? []);
}

function attributeBytes({ ints, floats, strings, s }: OnnxAttribute): number {
  const texts = (strings ?? []).reduce((sum, text) => sum + TEXT_BYTES + (text.length > 15 ? text.length : 0), 0);
  return 8 * (ints?.length ?? 0) + 4 * (floats?.length ?? 0) + texts + (s?.length ?? 0);
}
