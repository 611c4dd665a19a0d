/**
 * Shapes that ONNX operators give, after the operator specification (onnx/docs/Operators.md, opset 17; ai.onnx.ml 3), for the operators
 * of our own models and their near relatives. An operator that is not here has an unknown shape: it is never guessed.
 */

/** Bytes of one element and the sizes along each axis. */
export interface TensorShape {
  readonly elementBytes: number;
  readonly dims: readonly number[];
}

/** A node as shape inference sees it. */
export interface ShapeNode {
  readonly domain: string;
  readonly op: string;
  /** Shapes of the inputs, undefined where an optional input is left out. */
  readonly inputs: readonly (TensorShape | undefined)[];
  readonly int: (attribute: string, otherwise: number) => number;
  readonly ints: (attribute: string) => readonly number[] | undefined;
  readonly text: (attribute: string, otherwise: string) => string;
  /** Whole numbers of a constant input, such as the target of a Reshape; undefined where the input is computed or left out. */
  readonly constant: (input: number) => readonly number[] | undefined;
  /** Number of outputs. */
  readonly outputs: number;
}

/** Bytes of an element by ONNX TensorProto.DataType; the types that are missing have no fixed size or are packed. */
export const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  1: 4, // float
  2: 1, // uint8
  3: 1, // int8
  4: 2, // uint16
  5: 2, // int16
  6: 4, // int32
  7: 8, // int64
  9: 1, // bool
  10: 2, // float16
  11: 8, // double
  12: 4, // uint32
  13: 8, // uint64
  16: 2, // bfloat16
};

const UNARY =
  'Abs Ceil Clip Elu Exp Floor HardSigmoid HardSwish Identity LeakyRelu Log Neg Not Reciprocal Relu Round Sigmoid Sign Softmax LogSoftmax Softplus Sqrt Tanh Erf BatchNormalization LayerNormalization Dropout';
const BINARY = 'Add Sub Mul Div Pow PRelu And Or Xor Mod BitShift BitwiseAnd BitwiseOr BitwiseXor';
const VARIADIC = 'Max Min Sum Mean';
const COMPARISON = 'Equal Greater GreaterOrEqual Less LessOrEqual';

type Rule = (node: ShapeNode) => (TensorShape | undefined)[];

/** Outputs' shapes, or undefined where the operator is not known; single shapes are undefined where they depend on data. */
export function outputShapes(node: ShapeNode): (TensorShape | undefined)[] | undefined {
  return RULES[`${node.domain === '' || node.domain === 'ai.onnx' ? '' : `${node.domain}.`}${node.op}`]?.(node);
}

/** Numbers in an array of this shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

/** NumPy's broadcasting: axes are matched from the last, and a length of 1 stretches. Undefined where they do not fit. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const dims: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    dims.push(left === 1 ? right : left);
  }
  return dims;
}

const RULES: Readonly<Record<string, Rule>> = {
  ...each(UNARY, ({ inputs: [x] }) => [x]),
  ...each(BINARY, ({ inputs: [a, b] }) => [a && b && like(a, broadcast(a.dims, b.dims))]),
  ...each(VARIADIC, ({ inputs }) => [inputs.reduce((a, b) => a && b && like(a, broadcast(a.dims, b.dims)))]),
  ...each(COMPARISON, ({ inputs: [a, b] }) => [a && b && sized(1, broadcast(a.dims, b.dims))]),
  Cast: ({ inputs: [x], int }) => [x && sized(ELEMENT_BYTES[int('to', 0)], x.dims)],
  Concat: concat,
  Conv: ({ inputs: [x, w], ...node }) => [x && w && like(x, slide(x.dims, w.dims[0], w.dims.slice(2), node))],
  ConvInteger: ({ inputs: [x, w], ...node }) => [x && w && sized(4, slide(x.dims, w.dims[0], w.dims.slice(2), node))],
  ...each('AveragePool MaxPool', ({ inputs: [x], ...node }) => [
    x && like(x, slide(x.dims, x.dims[1], node.ints('kernel_shape') ?? [], node)),
  ]),
  ...each('GlobalAveragePool GlobalMaxPool', ({ inputs: [x] }) => [
    x && like(x, [...x.dims.slice(0, 2), ...x.dims.slice(2).map(() => 1)]),
  ]),
  Flatten: ({ inputs: [x], int }) => {
    if (!x) return [undefined];
    const axis = fromEnd(int('axis', 1), x.dims.length);
    return [like(x, [elementCount(x.dims.slice(0, axis)), elementCount(x.dims.slice(axis))])];
  },
  Gemm: ({ inputs: [a, b], int }) => [
    a && b && like(a, [a.dims[int('transA', 0) ? 1 : 0], b.dims[int('transB', 0) ? 0 : 1]]),
  ],
  MatMul: ({ inputs: [a, b] }) => [a && b && like(a, product(a.dims, b.dims))],
  MatMulInteger: ({ inputs: [a, b] }) => [a && b && sized(4, product(a.dims, b.dims))],
  QLinearMatMul: ({ inputs }) => [inputs[0] && inputs[3] && sized(1, product(inputs[0].dims, inputs[3].dims))],
  // y as uint8, its scale, its zero point
  DynamicQuantizeLinear: ({ inputs: [x] }) => [x && sized(1, x.dims), sized(4, []), sized(1, [])],
  QuantizeLinear: ({ inputs: [x, , zero] }) => [x && sized(zero?.elementBytes ?? 1, x.dims)],
  DequantizeLinear: ({ inputs: [x, scale] }) => [x && scale && sized(scale.elementBytes, x.dims)],
  Reshape: reshape,
  Transpose: ({ inputs: [x], ints }) => {
    if (!x) return [undefined];
    const order = ints('perm') ?? x.dims.map((_, axis) => x.dims.length - 1 - axis);
    return [
      like(
        x,
        order.map((axis) => x.dims[axis]),
      ),
    ];
  },
  Unsqueeze: ({ inputs: [x], ints, constant }) => {
    const axes = ints('axes') ?? constant(1);
    if (!x || !axes) return [undefined];
    const rank = x.dims.length + axes.length;
    const added = new Set(axes.map((axis) => fromEnd(axis, rank)));
    const rest = [...x.dims];
    return [
      like(
        x,
        Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
      ),
    ];
  },
  Squeeze: ({ inputs: [x, given], ints, constant }) => {
    const axes = ints('axes') ?? constant(1);
    if (!x || (given && !axes)) return [undefined];
    const gone = axes && new Set(axes.map((axis) => fromEnd(axis, x.dims.length)));
    return [
      like(
        x,
        x.dims.filter((length, axis) => (gone ? !gone.has(axis) : length !== 1)),
      ),
    ];
  },
  TopK: ({ inputs: [x], int, constant }) => {
    const k = constant(1)?.[0];
    if (!x || k === undefined) return [undefined, undefined];
    const axis = fromEnd(int('axis', -1), x.dims.length);
    const dims = x.dims.map((length, i) => (i === axis ? k : length));
    return [like(x, dims), sized(8, dims)];
  },
  'ai.onnx.ml.TreeEnsembleRegressor': ({ inputs: [x], int }) => [x && sized(4, [x.dims[0], int('n_targets', 1)])],
  'ai.onnx.ml.Scaler': ({ inputs: [x] }) => [x && sized(4, x.dims)],
};

function each(names: string, rule: Rule): Record<string, Rule> {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]));
}

function sized(elementBytes: number | undefined, dims: readonly number[] | undefined): TensorShape | undefined {
  const whole = dims?.every((length) => Number.isSafeInteger(length) && length >= 0);
  return elementBytes !== undefined && dims !== undefined && whole ? { elementBytes, dims } : undefined;
}

function like(shape: TensorShape, dims: readonly number[] | undefined): TensorShape | undefined {
  return sized(shape.elementBytes, dims);
}

function fromEnd(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Matrix product over the last two axes, the others broadcast; a vector counts as a matrix of one row or one column. */
function product(a: readonly number[], b: readonly number[]): number[] | undefined {
  if (a.length < 2 || b.length < 2 || a[a.length - 1] !== b[b.length - 2]) return undefined;
  const stack = broadcast(a.slice(0, -2), b.slice(0, -2));
  return stack && [...stack, a[a.length - 2], b[b.length - 1]];
}

/** Shape of a window that slides over [N, C, spatial…], for convolution and pooling. */
function slide(
  dims: readonly number[],
  channels: number,
  window: readonly number[],
  node: Pick<ShapeNode, 'int' | 'ints' | 'text'>,
): number[] | undefined {
  const spatial = dims.slice(2);
  if (spatial.length !== window.length) return undefined;
  const strides = node.ints('strides') ?? spatial.map(() => 1);
  const dilations = node.ints('dilations') ?? spatial.map(() => 1);
  const pads = node.ints('pads') ?? spatial.flatMap(() => [0, 0]);
  const mode = node.text('auto_pad', 'NOTSET');
  const round = node.int('ceil_mode', 0) ? Math.ceil : Math.floor;
  const lengths = spatial.map((length, i) => {
    if (mode.startsWith('SAME')) return Math.ceil(length / strides[i]);
    const padding = mode === 'VALID' ? 0 : pads[i] + pads[i + spatial.length];
    return round((length + padding - dilations[i] * (window[i] - 1) - 1) / strides[i]) + 1;
  });
  return [dims[0], channels, ...lengths];
}

function concat({ inputs, int }: ShapeNode): (TensorShape | undefined)[] {
  const [first] = inputs;
  if (!first) return [undefined];
  const axis = fromEnd(int('axis', 0), first.dims.length);
  let length = 0;
  for (const input of inputs) {
    if (!input || input.dims.length !== first.dims.length) return [undefined];
    length += input.dims[axis];
  }
  return [
    like(
      first,
      first.dims.map((own, i) => (i === axis ? length : own)),
    ),
  ];
}

/** 0 keeps the input's length unless `allowzero` is set, and one −1 takes what is left. */
function reshape({ inputs: [x], int, constant }: ShapeNode): (TensorShape | undefined)[] {
  const target = constant(1);
  if (!x || !target) return [undefined];
  const dims = target.map((length, i) => (length === 0 && !int('allowzero', 0) ? x.dims[i] : length));
  const open = dims.indexOf(-1);
  if (open >= 0) dims[open] = elementCount(x.dims) / elementCount(dims.filter((_, i) => i !== open));
  return [elementCount(dims) === elementCount(x.dims) ? like(x, dims) : undefined];
}
