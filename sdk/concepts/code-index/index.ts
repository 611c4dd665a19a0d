/**
 * Search over millions of concept codes: an inverted index on disk, exact over quantised activations, that reads only what a query asks for.
 * Build one with `writeCodeIndex` (or `CodeIndexWriter`, code by code), open it with `CodeIndex.open`, ask with `searchCodes`; `likeQuery`
 * makes a query of an example row, more or less of some concepts added. levels.ts says how activations are quantised, layout.ts what
 * the file is.
 */
export { CodeIndex } from './code-index.ts';
export { type CodeQuery, type ConceptTerm, likeQuery, type Score } from './query.ts';
export { searchCodes } from './search.ts';
export type { CodeHit } from './top-hits.ts';
export { CodeIndexWriter, type IndexOptions, type IndexSummary, type RowCode, writeCodeIndex } from './write.ts';
