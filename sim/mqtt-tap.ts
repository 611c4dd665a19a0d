/**
 * Reads along an MQTT connection, client to server, and reports what is published: what is really sent over the link, frame by frame.
 * MQTT 3.1.1 (OASIS, sections 2.2 and 3.3) and MQTT 5.0 (the same, with properties after the packet identifier).
 */
import { DICTIONARY, decodeFrame, LinkError } from '../sdk/link/index.ts';

const CONNECT = 1;
const PUBLISH = 3;
/** Longest packet that is followed; frames are at most 64 KiB. */
const MAX_PACKET = 1 << 20;

/** Follows one connection. Bytes that are not MQTT end it silently: a tap must never disturb. */
export class MqttTap {
  readonly #onPublish: (topic: string, payload: Buffer) => void;
  #waiting = Buffer.alloc(0);
  #level = 4;
  #lost = false;

  constructor(onPublish: (topic: string, payload: Buffer) => void) {
    this.#onPublish = onPublish;
  }

  /** The next bytes of the connection. */
  push(bytes: Buffer): void {
    if (this.#lost) return;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    for (;;) {
      const length = variableInteger(this.#waiting, 1);
      if (length === undefined) break;
      const end = length.next + length.value;
      if (length.value > MAX_PACKET) this.#lost = true;
      if (this.#lost || this.#waiting.length < end) break;
      this.#packet(this.#waiting[0], this.#waiting.subarray(length.next, end));
      this.#waiting = this.#waiting.subarray(end);
    }
    if (this.#waiting.length > MAX_PACKET + 8) this.#lost = true;
  }

  #packet(first: number, body: Buffer): void {
    const type = first >> 4;
    // protocol name "MQTT" in its 6 bytes, then the level
    if (type === CONNECT && body.length > 6) this.#level = body[6];
    if (type !== PUBLISH || body.length < 2) return;
    const topicEnd = 2 + body.readUInt16BE(0);
    let at = topicEnd + ((first & 0x06) > 0 ? 2 : 0);
    if (this.#level >= 5) {
      const properties = variableInteger(body, at);
      if (properties === undefined) return;
      at = properties.next + properties.value;
    }
    if (at <= body.length) this.#onPublish(body.toString('utf8', 2, topicEnd), body.subarray(at));
  }
}

function variableInteger(bytes: Buffer, start: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    if (start + i >= bytes.length) return undefined;
    const byte = bytes[start + i];
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return { value, next: start + i + 1 };
  }
  return { value: MAX_PACKET + 1, next: start + 4 };
}

/** Counts of frames that were sent. */
export interface FrameCounts {
  readonly frames: number;
  readonly bytes: number;
  /** Of these, frames that had been sent before. */
  readonly repeated: number;
  readonly repeatedBytes: number;
}

/** Counts telemetry frames over all connections of a flight; births are not counted, nobody keeps them. */
export class FrameCounter {
  readonly #seen = new Set<string>();
  #counts = { frames: 0, bytes: 0, repeated: 0, repeatedBytes: 0 };

  /** A tap for one connection. */
  tap(): MqttTap {
    return new MqttTap((_, payload) => this.#count(payload));
  }

  /** Counts since the last call. */
  take(): FrameCounts {
    const counts = this.#counts;
    this.#counts = { frames: 0, bytes: 0, repeated: 0, repeatedBytes: 0 };
    return counts;
  }

  #count(payload: Buffer): void {
    const name = nameOf(payload);
    if (name === undefined) return;
    this.#counts.frames++;
    this.#counts.bytes += payload.length;
    if (this.#seen.has(name)) {
      this.#counts.repeated++;
      this.#counts.repeatedBytes += payload.length;
    }
    this.#seen.add(name);
  }
}

function nameOf(payload: Buffer): string | undefined {
  try {
    const { stream, boot, sequence } = decodeFrame(DICTIONARY, payload);
    return stream === 'birth' ? undefined : `${boot}/${stream}/${sequence}`;
  } catch (thrown) {
    if (thrown instanceof LinkError) return undefined;
    throw thrown;
  }
}
