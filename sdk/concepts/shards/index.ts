/**
 * Embeddings in shards, larger than memory: .npy, .npz and Parquet files as one table whose rows are read where they lie; one pass that surveys
 * them (mean, hash, samples); a split by seeded hash; and rows for training from a shuffle buffer within a stated footprint.
 */
export { describeFootprint, type Footprint, fitsMemory, footprintOf } from './footprint.ts';
export { EmbeddingShards, openShards } from './shards.ts';
export { heldOutRows } from './split.ts';
export { StreamedRows } from './streamed-rows.ts';
export { type Survey, surveyShards } from './survey.ts';
