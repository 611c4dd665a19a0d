/**
 * The ground station: receives what crafts send over MQTT, verifies it, drops what came twice, archives it in DuckDB, acknowledges
 * only what the archive has committed, asks again for what is missing, decodes concept codes into names and embeddings, and shows the
 * pass on a page. Everything goes by `startGround`; a stopped ground's archive is read with `readArchiveStatus` and `exportArchive`.
 */
export { openConceptReader } from './concepts.ts';
export type { LinkState } from './craft.ts';
export { type ExportedFile, exportArchive } from './export.ts';
export { type Ground, type GroundOptions, startGround } from './ground.ts';
export type { ArchivedFrame, Timing } from './ingest.ts';
export type { ConceptReader, Scene, SceneConcept } from './scenes.ts';
export type { Message, NextOptions, Source } from './source.ts';
export {
  type CraftStatus,
  type GroundStatus,
  type LedgerStatus,
  readArchiveStatus,
  type StreamStatus,
} from './status.ts';
