/** Finds the tree ensembles in a graph: one, or several whose targets are set side by side, as converters of multi-output models write them. */
import type { NadirError } from '../base/index.ts';
import { attributeOf, type OnnxModel, type OnnxNode, tensorValues } from '../compact/onnx.ts';

const ML_DOMAIN = 'ai.onnx.ml';
export const OPERATOR = 'TreeEnsembleRegressor';
/** Operators that leave an ensemble's numbers as they are. A reshape is only taken of one target, where it cannot mix any. */
const PASSING = ['Identity', 'Cast', 'Reshape', 'Flatten'];
const MAX_STEPS = 10_000;

export interface EnsemblePart {
  readonly ensemble: OnnxNode;
  /** What its outputs are multiplied by. */
  readonly scale: number;
  readonly declaredFeatures: number | undefined;
}

type Graph = NonNullable<OnnxModel['graph']>;

/** Ensembles in the order of the targets. Throws what `fail` makes where the graph computes something else. */
export function ensemblesOf(graph: Graph, where: string, fail: (what: string) => NadirError): EnsemblePart[] {
  const operators = graph.node ?? [];
  const isEnsemble = ({ opType, domain }: OnnxNode) => opType === OPERATOR && domain === ML_DOMAIN;
  if (!operators.some(isEnsemble)) throw fail(`not a forest: the graph has no ${OPERATOR}`);
  const maker = new Map<string, OnnxNode>();
  for (const operator of operators) for (const output of operator.output ?? []) maker.set(output, operator);
  const parts: EnsemblePart[] = [];
  const used = new Set<OnnxNode>();
  const inputs = new Set<string>();
  const waiting = [{ name: graph.output?.[0]?.name ?? '', scale: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { name, scale } = next;
    const operator = maker.get(name);
    if (operator === undefined || used.size > MAX_STEPS) throw fail(`the graph's output does not come from a forest`);
    if (used.has(operator)) throw fail(`${operator.opType ?? 'an operator'} is used twice`);
    used.add(operator);
    const sources = operator.input ?? [];
    if (isEnsemble(operator)) {
      const input = inputOf(sources[0] ?? '', maker, used);
      inputs.add(input);
      const shape = graph.input?.find((declared) => declared.name === input)?.type?.tensorType?.shape?.dim;
      parts.push({ ensemble: operator, scale, declaredFeatures: shape?.[1]?.dimValue });
    } else if (PASSING.includes(operator.opType ?? '')) {
      const before = maker.get(sources[0] ?? '');
      const reshapes = operator.opType === 'Reshape' || operator.opType === 'Flatten';
      if (reshapes && !(before !== undefined && isEnsemble(before) && attributeOf(before, 'n_targets')?.i === 1))
        throw fail(`the graph reshapes what is not one target`);
      waiting.push({ name: sources[0] ?? '', scale });
    } else if (operator.opType === 'Concat' && isByTarget(attributeOf(operator, 'axis')?.i)) {
      for (const source of [...sources].reverse()) waiting.push({ name: source, scale });
    } else if (operator.opType === 'Div') {
      // LightGBM's random forests: a sum over the number of trees
      waiting.push({ name: sources[0] ?? '', scale: scale / constant(graph, sources[1], where, fail) });
    } else throw fail(`the graph also computes ${operator.opType ?? 'something'}`);
  }
  const idle = operators.find((operator) => !used.has(operator) && operator.opType !== 'Identity');
  if (idle !== undefined) throw fail(`the graph also computes ${idle.opType ?? 'something'}`);
  if (inputs.size > 1) throw fail(`the forest reads ${inputs.size} inputs`);
  return parts;
}

/** The graph's input behind casts. */
function inputOf(name: string, maker: ReadonlyMap<string, OnnxNode>, used: Set<OnnxNode>): string {
  const operator = maker.get(name);
  if (operator === undefined || used.has(operator) || !['Identity', 'Cast'].includes(operator.opType ?? ''))
    return name;
  used.add(operator);
  return inputOf(operator.input?.[0] ?? '', maker, used);
}

function isByTarget(axis: number | undefined): boolean {
  return axis === 1 || axis === -1;
}

/** A constant of one number, not 0. */
function constant(graph: Graph, name: string | undefined, where: string, fail: (what: string) => NadirError): number {
  const tensor = graph.initializer?.find((initializer) => initializer.name === name);
  const values = tensor === undefined ? [] : tensorValues(tensor, where);
  const value = Number(values[0]);
  if (values.length !== 1 || !Number.isFinite(value) || value === 0)
    throw fail(`the graph divides by ${name ?? 'nothing'}, which is not one constant`);
  return value;
}
