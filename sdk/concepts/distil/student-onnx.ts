/**
 * The student as ONNX: `embedding` float32 [N, d] → `latents` float32 [N, n], ReLU'd, before top-k. Latents of as many bits are one
 * integer product; their weights lie in the file as bit planes, which a runtime unpacks once, when it loads the model, since nothing but
 * constants goes into it.
 */
import {
  DataType,
  model,
  node,
  type OnnxNode,
  type OnnxTensor,
  tensor,
  valueInfo,
  writeOnnx,
} from '../../compact/index.ts';
import { packPlane, planesOf } from './bit-planes.ts';
import type { Student } from './student.ts';

/** BitwiseAnd and BitwiseOr came with opset 18 (ONNX 1.13); onnxruntime has them since 1.14. */
const OPSET = 18;
/** Latents of a group whose weights can be packed whatever d is. */
export const PACKED_TOGETHER = 8;

/** Bytes of student.onnx. */
export function studentToOnnx(student: Student): Buffer {
  const { d, n, low, perUnit, unit, bias, threshold } = student;
  const groups = groupsOf(student.bits).map((group) => groupProduct(student, group));
  const one = groups.length === 1;
  const graph = {
    name: 'concept student',
    node: [
      node('Sub', ['embedding', 'low'], ['above']),
      node('Mul', ['above', 'perUnit'], ['steps']),
      node('QuantizeLinear', ['steps', 'one', 'zero'], ['bytes']),
      ...groups.flatMap(({ nodes }) => nodes),
      ...(one
        ? []
        : [
            node(
              'Concat',
              groups.map(({ sums }) => sums),
              ['sums'],
              { axis: { int: 1 } },
            ),
          ]),
      node('Cast', [one ? groups[0].sums : 'sums'], ['whole'], { to: { int: DataType.float } }),
      node('Mul', ['whole', 'unit'], ['scaled']),
      node('Add', ['scaled', 'bias'], ['pre']),
      ...(threshold
        ? [
            node('Relu', ['pre'], ['positive']),
            node('Greater', ['positive', 'threshold'], ['passes']),
            node('Cast', ['passes'], ['gate'], { to: { int: DataType.float } }),
            node('Mul', ['positive', 'gate'], ['latents']),
          ]
        : [node('Relu', ['pre'], ['latents'])]),
    ],
    initializer: [
      tensor('low', [d], low),
      tensor('perUnit', [d], perUnit),
      tensor('one', [], Float32Array.of(1)),
      tensor('zero', [], Uint8Array.of(0)),
      ...groups.flatMap(({ tensors }) => tensors),
      tensor('unit', [n], unit),
      tensor('bias', [n], bias),
      ...(threshold ? [tensor('threshold', [n], threshold)] : []),
    ],
    input: [valueInfo('embedding', DataType.float, ['N', d])],
    output: [valueInfo('latents', DataType.float, ['N', n])],
  };
  return writeOnnx(model(graph, [{ domain: '', version: OPSET }]));
}

/** Latents `from` … `to` − 1, all of `bits` bits. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly bits: number;
}

function groupsOf(bits: Uint8Array): Group[] {
  const starts = Array.from(bits.keys()).filter((i) => i === 0 || bits[i] !== bits[i - 1]);
  return starts.map((from, i) => ({ from, to: starts[i + 1] ?? bits.length, bits: bits[from] }));
}

/** What makes a group's integer sums. */
interface Product {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  /** Name of the sums. */
  readonly sums: string;
}

function groupProduct({ d, weights }: Student, { from, to, bits }: Group): Product {
  const count = to - from;
  const name = (part: string) => `${part}${from}`;
  const transposed = new Int8Array(d * count);
  for (let i = 0; i < count; i++) for (let j = 0; j < d; j++) transposed[j * count + i] = weights[(from + i) * d + j];
  const [whole, sums] = [name('weights'), name('sums')];
  if (count % PACKED_TOGETHER !== 0) {
    const nodes = [node('MatMulInteger', ['bytes', whole], [sums])];
    return { nodes, tensors: [tensor(whole, [d, count], transposed)], sums };
  }
  const middle = 2 ** (bits - 1);
  const values = Uint8Array.from(transposed, (value) => value + middle);
  const shape = tensor(name('shape'), [2], BigInt64Array.of(BigInt(d), BigInt(count)));
  const centre = tensor(name('middle'), [], Int8Array.of(middle));
  const nodes: OnnxNode[] = [];
  const tensors: OnnxTensor[] = [shape, centre];
  let unsigned = '';
  for (const plane of planesOf(bits)) {
    const { width, place } = plane;
    const at = (part: string) => `${part}${from}.${width}`;
    const packed = packPlane(values, plane);
    const shifts = Uint8Array.from({ length: 8 / width }, (_, i) => i * width);
    tensors.push(
      tensor(at('packed'), [packed.length, 1], packed),
      tensor(at('shifts'), [shifts.length], shifts),
      tensor(at('mask'), [], Uint8Array.of(2 ** width - 1)),
    );
    nodes.push(
      node('BitShift', [at('packed'), at('shifts')], [at('shifted')], { direction: { string: 'RIGHT' } }),
      node('BitwiseAnd', [at('shifted'), at('mask')], [at('apart')]),
      node('Reshape', [at('apart'), name('shape')], [at('plane')]),
    );
    let placed = at('plane');
    if (place > 0) {
      tensors.push(tensor(at('place'), [], Uint8Array.of(place)));
      nodes.push(node('BitShift', [placed, at('place')], [at('placed')], { direction: { string: 'LEFT' } }));
      placed = at('placed');
    }
    if (unsigned !== '') {
      nodes.push(node('BitwiseOr', [unsigned, placed], [at('joined')]));
      placed = at('joined');
    }
    unsigned = placed;
  }
  nodes.push(
    node('Cast', [unsigned], [whole], { to: { int: DataType.int8 } }),
    node('MatMulInteger', ['bytes', whole, 'zero', name('middle')], [sums]),
  );
  return { nodes, tensors, sums };
}
