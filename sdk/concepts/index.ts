/**
 * From images to named concepts: embed scenes with an encoder, train a sparse autoencoder over the embeddings, measure it, name its latents
 * from a vocabulary, search scenes by concept, and distil the encoder to integers that fly. `reader.ts` is what the ground reads a
 * model with. Everything lives in one folder a model (model.ts).
 */
export {
  AUDIT_DEFAULTS,
  type Audit,
  type AuditDocument,
  type AuditInput,
  type AuditOptions,
  type AuditStep,
  auditClassifier,
  auditConcepts,
  type ConceptAudit,
  type Finding,
  type NamedFinding,
  TESTED_FROM,
  trainClassifier,
} from './audit/index.ts';
export {
  type CodeHit,
  CodeIndex,
  CodeIndexWriter,
  type CodeQuery,
  type ConceptTerm,
  type IndexOptions,
  type IndexSummary,
  likeQuery,
  type RowCode,
  type Score,
  searchCodes,
  writeCodeIndex,
} from './code-index/index.ts';
export { DASHBOARD, type DashboardOptions, type WrittenDashboard, writeDashboard } from './dashboard/index.ts';
export {
  DEFAULT_RATIO,
  type Distillation,
  type DistillOptions,
  distill,
  evaluateStudent,
  meanJaccard,
  type SizePoint,
  type Student,
  studentToOnnx,
} from './distil/index.ts';
export { type Embeddings, type EmbedOptions, embedImages } from './embed.ts';
export { type EmbeddingTable, holdOut, readEmbeddings, writeEmbeddings } from './embeddings.ts';
export {
  type Comparison,
  type ConceptEvaluation,
  type Contestant,
  type EvaluateStep,
  evaluateConcepts,
  type LabelEvaluation,
  type ParetoPoint,
  type StudentEvaluation,
} from './evaluate/index.ts';
export { type ImageSet, openImages } from './images.ts';
export { type ConceptModel, type ConceptNames, type NamedLatent, readConceptModel, readConceptNames } from './model.ts';
export {
  agreementOn,
  CLASSES,
  classVocabulary,
  type NameStep,
  type NamingVocabulary,
  nameConcepts,
  nameLatents,
  outlineOf,
  placesOf,
  readLabels,
  readVocabulary,
  splitScenes,
  type Vocabulary,
} from './naming/index.ts';
export { type ConceptReader, type GroundConcepts, readConcepts, readGroundConcepts } from './reader.ts';
export {
  type BuildOptions,
  type BuiltIndex,
  buildSceneIndex,
  formatConcepts,
  type Hit,
  parseConcepts,
  type Query,
  type SearchAnswer,
  type SearchPlace,
  type SearchRequest,
  searchModel,
  searchScenes,
  type WantedConcept,
} from './search/index.ts';
export {
  type EmbeddingShards,
  heldOutRows,
  openShards,
  StreamedRows,
  type Survey,
  surveyShards,
} from './shards/index.ts';
export {
  readSplit,
  SCENES_LICENCE,
  SHIPPED_ENCODER,
  SHIPPED_SCENES,
  SHIPPED_SPLIT,
  shippedVocabulary,
} from './shipped.ts';
export { type DistilledConcepts, distillConcepts } from './steps.ts';
export { DEFAULT_KS, type TrainedConcepts, trainConcepts } from './train.ts';
