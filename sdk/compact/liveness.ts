/**
 * Memory of activations: every node's output shapes, then a walk that counts what is alive at each step. A tensor lives from the node that
 * makes it to the last one that reads it; inputs and outputs of the graph live to the end, as their owner is outside. An upper bound of what
 * an engine needs, as it may work in place or fuse nodes.
 */
import { attributeOf, type OnnxGraph, type OnnxNode, type OnnxTensor, tensorValues } from './onnx.ts';
import { ELEMENT_BYTES, elementCount, outputShapes, type TensorShape } from './shapes.ts';

/** Largest constant that can stand for a shape, axes or a k. */
const MAX_CONSTANT = 64;

/** Activation memory of a graph. */
export interface Activations {
  /** Bytes alive at the worst step, or null where something is unknown. */
  readonly peakBytes: number | null;
  /** Operator and output of the node at that step. */
  readonly peakAt: string | null;
  /** Why it is unknown: one line each, empty where it is known. */
  readonly unknown: readonly string[];
}

/** Shapes of everything in a graph for one run. */
export interface InferredShapes {
  readonly shapes: ReadonlyMap<string, TensorShape>;
  /** Tensors that are in the file, also those of Constant nodes. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly unknown: readonly string[];
}

/**
 * Activation memory for one run. `lengths` gives the open dimensions by their names, such as `{ H: 128, W: 128 }`; an open first dimension
 * is the batch whatever its name.
 */
export function activationMemory(
  graph: OnnxGraph,
  batch: number,
  lengths: Readonly<Record<string, number>>,
  where: string,
): Activations {
  const inferred = inferShapes(graph, batch, lengths, where);
  if (inferred.unknown.length > 0) return { peakBytes: null, peakAt: null, unknown: inferred.unknown };
  return { ...walk(graph, inferred), unknown: [] };
}

/** Shapes of every tensor that can be known, and what cannot. Parameters as for `activationMemory`. */
export function inferShapes(
  graph: OnnxGraph,
  batch: number,
  lengths: Readonly<Record<string, number>>,
  where: string,
): InferredShapes {
  const unknown: string[] = [];
  const shapes = new Map<string, TensorShape>();
  const constants = new Map<string, OnnxTensor>();
  for (const tensor of graph.initializer ?? []) if (tensor.name) addConstant(tensor.name, tensor, shapes, constants);
  for (const input of graph.input ?? []) {
    if (constants.has(input.name ?? '')) continue; // a default value
    const type = input.type?.tensorType;
    const dims = type?.shape?.dim?.map(
      (dim, axis) => dim.dimValue ?? (axis === 0 ? batch : (lengths[dim.dimParam ?? ''] ?? Number.NaN)),
    );
    const elementBytes = ELEMENT_BYTES[type?.elemType ?? 0];
    if (input.name && dims && elementBytes !== undefined && !dims.some(Number.isNaN)) {
      shapes.set(input.name, { elementBytes, dims });
    } else unknown.push(`size of input ${input.name ?? '(unnamed)'}`);
  }
  for (const node of graph.node ?? []) inferNode(node, shapes, constants, unknown, where);
  return { shapes, constants, unknown };
}

function addConstant(
  name: string,
  tensor: OnnxTensor,
  shapes: Map<string, TensorShape>,
  constants: Map<string, OnnxTensor>,
): void {
  constants.set(name, tensor);
  const elementBytes = ELEMENT_BYTES[tensor.dataType ?? 0];
  if (elementBytes !== undefined) shapes.set(name, { elementBytes, dims: tensor.dims ?? [] });
}

function inferNode(
  node: OnnxNode,
  shapes: Map<string, TensorShape>,
  constants: Map<string, OnnxTensor>,
  unknown: string[],
  where: string,
): void {
  const outputs = node.output ?? [];
  const inputs = node.input ?? [];
  const value = attributeOf(node, 'value')?.t;
  if (node.opType === 'Constant' && value) {
    addConstant(outputs[0], value, shapes, constants);
    return;
  }
  const given = inputs.map((name) => (name === '' ? undefined : shapes.get(name)));
  // What comes out of something unknown is unknown too, and that was said already
  if (inputs.some((name, i) => name !== '' && given[i] === undefined)) {
    if (unknown.length === 0) unknown.push(`input of ${describe(node)}, which no node before it makes`);
    return;
  }
  const found = outputShapes({
    domain: node.domain ?? '',
    op: node.opType ?? '',
    inputs: given,
    int: (name, otherwise) => attributeOf(node, name)?.i ?? otherwise,
    ints: (name) => attributeOf(node, name)?.ints,
    text: (name, otherwise) => {
      const bytes = attributeOf(node, name)?.s;
      return bytes ? Buffer.from(bytes).toString('latin1') : otherwise;
    },
    constant: (index) => wholeNumbers(constants.get(inputs[index] ?? ''), where),
    outputs: outputs.length,
  });
  for (const [i, name] of outputs.entries()) {
    const shape = found?.[i];
    if (name === '') continue;
    if (shape) shapes.set(name, shape);
    else unknown.push(found ? `shape of ${name} from ${describe(node)}` : `operator ${describe(node)}`);
  }
}

function wholeNumbers(tensor: OnnxTensor | undefined, where: string): readonly number[] | undefined {
  if (!tensor || elementCount(tensor.dims ?? []) > MAX_CONSTANT) return undefined;
  return Array.from(tensorValues(tensor, where) as ArrayLike<number | bigint>, Number);
}

function walk(graph: OnnxGraph, { shapes, constants }: InferredShapes): { peakBytes: number; peakAt: string | null } {
  const nodes = graph.node ?? [];
  const bytesOf = (name: string) => {
    const shape = constants.has(name) ? undefined : shapes.get(name);
    return shape ? shape.elementBytes * elementCount(shape.dims) : 0;
  };
  const lastRead = new Map<string, number>();
  for (const [i, node] of nodes.entries()) for (const name of node.input ?? []) lastRead.set(name, i);
  for (const { name = '' } of [...(graph.input ?? []), ...(graph.output ?? [])]) lastRead.set(name, nodes.length);
  let alive = (graph.input ?? []).reduce((sum, { name = '' }) => sum + bytesOf(name), 0);
  let peakBytes = alive;
  let peakAt: string | null = null;
  for (const [i, node] of nodes.entries()) {
    const made = node.output ?? [];
    for (const name of made) alive += bytesOf(name);
    if (alive > peakBytes) {
      peakBytes = alive;
      peakAt = describe(node);
    }
    for (const name of new Set(node.input)) if (lastRead.get(name) === i) alive -= bytesOf(name);
    for (const name of made) if (!lastRead.has(name)) alive -= bytesOf(name);
  }
  return { peakBytes, peakAt };
}

function describe(node: OnnxNode): string {
  const domain = node.domain && node.domain !== 'ai.onnx' ? `${node.domain}.` : '';
  return `${domain}${node.opType ?? '(no type)'} (${node.name || node.output?.[0] || 'unnamed'})`;
}
