/**
 * ONNX files (onnx.proto over protobuf's wire format) to plain objects and back, and the few functions that build small graphs. Reading checks
 * the container, not whether a graph computes: that is the engine's to say.
 */
import { messageOf, NadirError } from '../base/index.ts';
import type { OnnxModel } from './onnx-types.ts';
import { readMessage, writeMessage } from './onnx-wire.ts';

export { attributeOf, model, node, type OnnxAttributeValue, tensor, tensorValues, valueInfo } from './onnx-build.ts';
export {
  AttributeType,
  DataType,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxEntry,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxOperatorSet,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from './onnx-types.ts';

/**
 * Parses an ONNX file; `where` names it in errors. Byte fields are views of `bytes`. Fields outside onnx-schema.ts are skipped. Throws NadirError where the bytes are not an ONNX model.
 */
export function readOnnx(bytes: Uint8Array, where: string): OnnxModel {
  const fail = (what: string, cause?: unknown) =>
    new NadirError({ what, where, remedy: 'Export the model again; the file may be truncated or damaged', cause });
  let message: Record<string, unknown>;
  try {
    message = readMessage('Model', bytes);
  } catch (cause) {
    throw fail(`not a whole ONNX file (${messageOf(cause)})`, cause);
  }
  if (message.irVersion === undefined || message.graph === undefined || message.opsetImport === undefined)
    throw fail('not an ONNX model: it has no graph, IR version or operator set');
  // every field was put there by the schema's table, which the types of OnnxModel mirror
  return message as unknown as OnnxModel;
}

/** Bytes of an ONNX file. The same model gives the same bytes. */
export function writeOnnx(model: OnnxModel): Buffer {
  const bytes = writeMessage('Model', model);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
