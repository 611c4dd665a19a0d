/**
 * What crosses the link, and nothing else: the telemetry dictionary as data, frames and signed commands that follow it, topics,
 * range sets for custody, and the progressive concept code. Imports nothing of ours: board and ground hold the same few pages.
 */
export { type ActiveConcepts, codeBytes, decodeConcepts, encodeConcepts } from './concept-code.ts';
export {
  type CommandDefinition,
  DICTIONARY,
  type Dictionary,
  dictionaryHash,
  type Field,
  type Stream,
  streamIndex,
} from './dictionary.ts';
export { type FieldValue, type FieldValues, LinkError } from './fields.ts';
export { decodeFrame, encodeFrame, type Frame, type FrameIdentity, frameIsIntact, MAX_FRAME_BYTES } from './frame.ts';
export { flattenRanges, type Range, RangeSet, type StreamRange, unflattenRanges } from './ranges.ts';
export { type CraftAddress, missionFilter, parseTopic, topicOf } from './topics.ts';
export { decodeUplink, encodeUplink, type Uplink } from './uplink.ts';
