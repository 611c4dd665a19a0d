/**
 * Evaluation of concept models and of others' autoencoders: every measure of sdk/sae/measures at each k, those that need classes where images lie
 * in folders by class (by-labels.ts), a student's loss (student.ts), and several models on the same rows with their Pareto fronts (against.ts).
 */
export type { Comparison, Contestant, ParetoPoint } from './against.ts';
export type { LabelEvaluation } from './by-labels.ts';
export { type ConceptEvaluation, type EvaluateStep, evaluateConcepts } from './step.ts';
export type { StudentEvaluation } from './student.ts';
