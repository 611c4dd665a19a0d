/** What an incoming message is: a frame to archive, something that is not for us, or bytes to put into quarantine, with the reason. */
import { DICTIONARY, decodeFrame, type FieldValues, type Frame, LinkError, parseTopic } from '../link/index.ts';
import type { Message } from './source.ts';

/** A verified frame of a craft. */
export interface ReceivedFrame {
  readonly craft: string;
  readonly frame: Frame;
  /** The frame's bytes as they were sent. */
  readonly bytes: Uint8Array;
  readonly receivedMs: number;
}

/** Outcome of a check. */
export type Verdict =
  | { readonly kind: 'frame'; readonly received: ReceivedFrame }
  | { readonly kind: 'ours' }
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string };

/** Last sequence given of a stream, as birth and health frames report it. */
export interface Extent {
  readonly boot: number;
  readonly stream: string;
  readonly last: number;
}

/** Sequences that a craft evicted unsent. */
export interface Dropped {
  readonly boot: number;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
}

/** Checks a message in order of cost: topic, size, CRC, dictionary, agreement of topic and frame. Never throws. */
export function verifyMessage(mission: string, message: Message): Verdict {
  const topic = parseTopic(message.topic);
  if (!topic || topic.mission !== mission) {
    return refused('topic is not one of this mission', 'Publish to nadir/1/MISSION/CRAFT/STREAM');
  }
  // The broker gives us back what we send: the filter covers the command topics
  if (topic.stream === 'command') return { kind: 'ours' };
  let frame: Frame;
  try {
    frame = decodeFrame(DICTIONARY, message.payload);
    if (frame.stream !== topic.stream) throw new LinkError(`frame of stream ${frame.stream} on topic ${topic.stream}`);
    extentsOf(frame.values);
    droppedOf(frame.values);
  } catch (thrown) {
    if (!(thrown instanceof LinkError)) throw thrown;
    return refused(
      thrown.message,
      'Look at its first bytes in the quarantine table; the craft keeps and resends its frames',
    );
  }
  const { payload: bytes, receivedMs } = message;
  return { kind: 'frame', received: { craft: topic.craft, frame, bytes, receivedMs } };
}

/** Extents of a frame that has them. Throws a LinkError for a list that is not made of boot, stream index, last sequence. */
export function extentsOf(values: FieldValues): Extent[] {
  return tuples(values, 'extents', 3).map(([boot, stream, last]) => ({
    boot,
    stream: nameOf(stream, 'extents'),
    last,
  }));
}

/** Dropped ranges of a frame that has them. Throws a LinkError for a list that is not made of boot, stream index, first, last. */
export function droppedOf(values: FieldValues): Dropped[] {
  if (typeof values.dropped === 'number') return []; // a health frame's count
  return tuples(values, 'dropped', 4).map(([boot, stream, first, last]) => {
    if (first < 1 || last < first) throw new LinkError(`dropped: not a range: ${first} to ${last}`);
    return { boot, stream: nameOf(stream, 'dropped'), first, last };
  });
}

function tuples(values: FieldValues, field: string, length: number): number[][] {
  const flat = values[field] ?? [];
  if (!Array.isArray(flat) || flat.length % length !== 0)
    throw new LinkError(`${field}: not a list of ${length}-tuples`);
  return Array.from({ length: flat.length / length }, (_, i) => flat.slice(i * length, (i + 1) * length));
}

function nameOf(index: number, field: string): string {
  const stream = DICTIONARY.streams[index];
  if (!stream) throw new LinkError(`${field}: stream ${index} is not in the dictionary`);
  return stream.name;
}

function refused(reason: string, remedy: string): Verdict {
  return { kind: 'refused', reason, remedy };
}
