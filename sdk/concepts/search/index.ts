/**
 * Search over scenes: `parseConcepts` reads what a user asks for (`forest, river:0.5, !cloud`), `searchModel` answers from an index folder that
 * `buildSceneIndex` wrote or from embeddings as they are, and shows the hits on a page; `searchScenes` searches embeddings in memory. All
 * scores are those of sdk/concepts/code-index, exact over quantised activations.
 */
export { formatConcepts, parseConcepts, type WantedConcept } from './expression.ts';
export { type BuildOptions, type BuiltIndex, buildSceneIndex } from './scene-index.ts';
export type { Query } from './scene-query.ts';
export { type Hit, type SearchPlace, searchScenes } from './search.ts';
export { type SearchAnswer, type SearchRequest, searchModel } from './search-model.ts';
