/**
 * Makes a trained model fit to fly, with proof: ONNX files read, written and inspected; parity of an engine with the trainer's own outputs;
 * budgets against device profiles; and the packing of all of it into one signed bundle.
 */
export { type Budget, type BudgetedModel, checkBudget, memoryAtWorst } from './budget.ts';
export { inspectOnnx, type OnnxInspection } from './inspect.ts';
export {
  AttributeType,
  attributeOf,
  DataType,
  model,
  node,
  type OnnxAttribute,
  type OnnxAttributeValue,
  type OnnxDimension,
  type OnnxEntry,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxOperatorSet,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
  readOnnx,
  tensor,
  tensorValues,
  valueInfo,
  writeOnnx,
} from './onnx.ts';
export { type PackOptions, type PackReport, pack } from './pack.ts';
export { measureParity, type OnnxSession, openOnnx, type Parity } from './parity.ts';
export { type DeviceProfile, profileNames, RUNNABLE_ENGINES, readProfile } from './profile.ts';
export type { ModelParity } from './proof.ts';
