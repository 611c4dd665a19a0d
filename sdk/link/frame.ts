/**
 * A telemetry frame: CRC-32 (IEEE 802.3, big-endian) of all that follows, then a MessagePack list. The CRC is checked before
 * anything is decoded, since nine in ten damaged MessagePack frames decode without an error. The stored bytes are the sent bytes.
 */
import { crc32 } from 'node:zlib';
import { type Dictionary, dictionaryHash } from './dictionary.ts';
import { type FieldValues, LinkError, listToValues, valuesToList } from './fields.ts';
import { pack, unpackList } from './wire.ts';

/** Largest payload of one MQTT message. */
export const MAX_FRAME_BYTES = 65536;
const FORMAT = 1;
const PARTS = 9;

/** What names a frame for ever, with the craft: nothing is archived twice under one identity. */
export interface FrameIdentity {
  readonly stream: string;
  /** Grows with every boot of this craft. A new store starts it at the time it was made, so that no name is given twice. */
  readonly boot: number;
  /** Counts frames of this stream and boot, from 1, given when the frame is stored. */
  readonly sequence: number;
}

/** A frame, decoded. */
export interface Frame extends FrameIdentity {
  /** On-board time, milliseconds since 1970. */
  readonly timeMs: number;
  /** The on-board clock's uncertainty (one sigma). */
  readonly uncertaintyMs: number;
  /** Made while no link was up: history, never an alarm of the moment. */
  readonly stored: boolean;
  readonly values: FieldValues;
}

/** Bytes of a frame. Throws a LinkError when the values do not follow the dictionary. */
export function encodeFrame(dictionary: Dictionary, frame: Frame): Buffer {
  const index = dictionary.streams.findIndex((stream) => stream.name === frame.stream);
  if (index < 0) throw new LinkError(`stream ${frame.stream} is not in the dictionary`);
  const body = pack([
    FORMAT,
    hashOf(dictionary),
    index,
    frame.boot,
    frame.sequence,
    frame.timeMs,
    frame.uncertaintyMs,
    frame.stored,
    valuesToList(dictionary.streams[index].fields, frame.values, frame.stream),
  ]);
  const bytes = Buffer.alloc(4 + body.length);
  if (bytes.length > MAX_FRAME_BYTES) throw new LinkError(`frame of ${bytes.length} bytes is above ${MAX_FRAME_BYTES}`);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body));
  return bytes;
}

/** True when the bytes carry the CRC of their content. */
export function frameIsIntact(bytes: Uint8Array): boolean {
  if (bytes.length < 5 || bytes.length > MAX_FRAME_BYTES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0) === crc32(bytes.subarray(4));
}

/** Decodes a frame. Throws a LinkError that says why, for any bytes that are not a frame of this dictionary. */
export function decodeFrame(dictionary: Dictionary, bytes: Uint8Array): Frame {
  if (bytes.length > MAX_FRAME_BYTES) throw new LinkError(`frame of ${bytes.length} bytes is above ${MAX_FRAME_BYTES}`);
  if (!frameIsIntact(bytes)) throw new LinkError(`frame of ${bytes.length} bytes fails its CRC`);
  const [format, hash, index, boot, sequence, timeMs, uncertaintyMs, stored, list] = unpackList(
    bytes.subarray(4),
    PARTS,
    'frame',
  );
  if (format !== FORMAT) throw new LinkError('frame of an unknown format');
  if (!(hash instanceof Uint8Array) || !hashOf(dictionary).equals(hash)) {
    throw new LinkError(`frame follows another dictionary than ${dictionary.name} ${dictionary.version}`);
  }
  const stream = typeof index === 'number' ? dictionary.streams[index] : undefined;
  if (!stream) throw new LinkError('frame of an unknown stream');
  if (!isCount(boot) || !isCount(sequence)) throw new LinkError('frame without boot or sequence');
  if (typeof timeMs !== 'number' || !Number.isFinite(timeMs)) throw new LinkError('frame without time');
  if (typeof uncertaintyMs !== 'number' || !(uncertaintyMs >= 0)) throw new LinkError('frame without time uncertainty');
  if (typeof stored !== 'boolean') throw new LinkError('frame without stored flag');
  const values = listToValues(stream.fields, list, stream.name);
  return { stream: stream.name, boot, sequence, timeMs, uncertaintyMs, stored, values };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

const hashes = new WeakMap<Dictionary, Buffer>();
function hashOf(dictionary: Dictionary): Buffer {
  let hash = hashes.get(dictionary);
  if (!hash) {
    hash = dictionaryHash(dictionary);
    hashes.set(dictionary, hash);
  }
  return hash;
}
