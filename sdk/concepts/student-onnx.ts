/** The student as ONNX: `embedding` float32 [N, d] → `latents` float32 [N, n], ReLU'd, before top-k. */
import { DataType, model, node, tensor, valueInfo, writeOnnx } from '../compact/index.ts';
import type { Student } from './student.ts';

/** MatMulInteger and QuantizeLinear as they are in opset 13, which every runtime in use has. */
const OPSET = 13;

/** Bytes of student.onnx. */
export function studentToOnnx(student: Student): Buffer {
  const { d, n, low, perUnit, unit, bias } = student;
  const graph = {
    name: 'concept student',
    node: [
      node('Sub', ['embedding', 'low'], ['above']),
      node('Mul', ['above', 'perUnit'], ['steps']),
      node('QuantizeLinear', ['steps', 'one', 'zero'], ['bytes']),
      node('MatMulInteger', ['bytes', 'weights'], ['sums']),
      node('Cast', ['sums'], ['whole'], { to: { int: DataType.float } }),
      node('Mul', ['whole', 'unit'], ['scaled']),
      node('Add', ['scaled', 'bias'], ['pre']),
      node('Relu', ['pre'], ['latents']),
    ],
    initializer: [
      tensor('low', [d], low),
      tensor('perUnit', [d], perUnit),
      tensor('one', [], Float32Array.of(1)),
      tensor('zero', [], Uint8Array.of(0)),
      tensor('weights', [d, n], transposed(student)),
      tensor('unit', [n], unit),
      tensor('bias', [n], bias),
    ],
    input: [valueInfo('embedding', DataType.float, ['N', d])],
    output: [valueInfo('latents', DataType.float, ['N', n])],
  };
  return writeOnnx(model(graph, [{ domain: '', version: OPSET }]));
}

function transposed({ d, n, weights }: Student): Int8Array {
  const result = new Int8Array(n * d);
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) result[j * n + i] = weights[i * d + j];
  return result;
}
