/** Maps of frames: what a soil model says of every pixel and field, how sure it is, and where it does not apply. */
export { type MapOptions, mapFrame } from './map.ts';
export type { FieldEstimate, MapOutcome } from './map-outcome.ts';
