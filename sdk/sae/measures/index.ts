/**
 * Measures of a sparse autoencoder. Rows are embeddings x [d], reconstructions x̂ [d] in the same space and codes z [n]; means are over rows that
 * training never saw. `evaluateSae` (../evaluate.ts) takes those of a code at each k, which is progressive recovery.
 *
 * Of a code, at each k and without a limit:
 * - `fvu`, `evr`: mean Var(x − x̂) / Var(x), variances over a row's features, and 1 − that; `cosine`: mean cosine of x and x̂; `nmae`:
 *   Σ|x̂ − x| / Σ|x| (../metrics.ts; Zaigrajew, Baniecki & Biecek, ICML 2025, arXiv 2502.20578).
 * - `l0` and `l0Distribution`, `sparsity`: latents in use a row, share of zeros; `dead`: latents in use on no row; `density`: latents by how many
 *   rows use them (activity.ts; arXiv 2502.20578, sae-lens).
 * - `cknna`: do x and z agree on who is near whom (../cknna.ts; Huh et al., arXiv 2405.07987)?
 * - `explainedVariance`: R² over all features at once (explained-variance.ts; sae-lens); `shrinkage`: ‖x̂‖ / ‖x‖ and the slope of x̂ on x (shrinkage.ts).
 *
 * Of a dictionary: `decoderOrthogonality`, Σ over i ≠ j of (dᵢ · dⱼ)² / n² (../metrics.ts; arXiv 2502.20578); `seedStability`, the mean cosine of two
 * dictionaries' atoms matched one to one (stability.ts, assignment.ts; arXiv 2502.20578); `encoderBytes`.
 *
 * Where rows have classes:
 * - `measureProbeLoss`, LP: KL(p ‖ p̂) and agreement of a linear probe's decisions on x and on x̂ (probe-loss.ts; arXiv 2502.20578). The probe is
 *   scikit-learn's logistic regression (linear-probe.ts, lbfgs.ts).
 * - `sparseProbing`: a class told by its 1, 5, 20 best latents against a probe on x (sparse-probing.ts; Gurnee et al., arXiv 2305.01610).
 * - `measureSplitting`, `measureAbsorption`: into how many latents a class went, and on which of its sub-clusters they fall silent
 *   (splitting.ts, absorption.ts, sub-clusters.ts; Chanin et al., arXiv 2409.14507).
 *
 * Of several models: `formLoss`, what a pruned or distilled form loses in each measure (form-loss.ts); `paretoFront`, which are worth having.
 */
export { type Absorption, measureAbsorption } from './absorption.ts';
export { type Activity, measureActivity } from './activity.ts';
export { assign } from './assignment.ts';
export { type LabelledCodes, ownRows } from './class-latents.ts';
export { type Accuracy, trainClassProbe } from './class-probes.ts';
export { encoderBytes } from './encoder-bytes.ts';
export { explainedVariance } from './explained-variance.ts';
export { type FormLoss, formLoss } from './form-loss.ts';
export type { Histogram } from './histogram.ts';
export { FOR_DECISIONS, type Probe, probeAccuracy, trainProbe } from './linear-probe.ts';
export { paretoFront } from './pareto.ts';
export { measureProbeLoss, type ProbeLoss } from './probe-loss.ts';
export { measureShrinkage, type Shrinkage } from './shrinkage.ts';
export { softmax } from './softmax.ts';
export { type SparseProbing, sparseProbing } from './sparse-probing.ts';
export { measureSplitting, type Splitting } from './splitting.ts';
export { type Stability, seedStability } from './stability.ts';
export { subClusters } from './sub-clusters.ts';
