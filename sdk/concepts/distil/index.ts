/**
 * Distillation: a trained encoder in float32 becomes a student in integers of few bits that fits on board, of any size asked for, with what
 * the size costs. calibration.ts and contention.ts look at the embeddings, allocate.ts gives each latent its bits, round.ts and fit.ts make
 * its numbers, student-onnx.ts the file that flies, and student.ts is the same arithmetic in plain TypeScript.
 */
export { meanJaccard, studentCodes } from './agreement.ts';
export { DEFAULT_RATIO, type Distillation, type DistillOptions, distill, type SizePoint } from './distill.ts';
export { evaluateStudent, type Student } from './student.ts';
export { studentToOnnx } from './student-onnx.ts';
