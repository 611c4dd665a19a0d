/**
 * The audit of a decision by its concepts (the CelebA analysis of Zaigrajew, Baniecki & Biecek, ICML 2025, made general): which concepts move a
 * classifier's decision without a right to. Each concept of each held-out row is scaled, only its change is decoded, and the decision watched.
 * That a linear classifier's decision moves is no news: every concept moves it. So a *bias* is defined against what would justify the
 * movement: the labels of clean rows, or the user's word that an attribute must not count. README.md has the definitions and a worked example.
 */
export {
  type Audit,
  type AuditInput,
  type AuditOptions,
  auditClassifier,
  type Finding,
  LABELS,
  TESTED_FROM,
} from './audit.ts';
export { trainClassifier } from './classifier.ts';
export type { AuditDocument, NamedFinding } from './document.ts';
export { AUDIT_DEFAULTS, type AuditStep, auditConcepts, type ConceptAudit } from './step.ts';
