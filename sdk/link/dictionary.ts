/**
 * The telemetry dictionary: every stream, field, unit, limit and command, as data. Frames are encoded and checked by it, and its
 * hash travels in each of them, so that the ground never decodes a frame by another dictionary than the one it was made with.
 */
import { createHash } from 'node:crypto';

/** How a field looks on the wire. `uints` and `floats` are lists. */
type FieldType = 'uint' | 'float' | 'text' | 'bytes' | 'flag' | 'uints' | 'floats';

/** One field of a stream or one argument of a command. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly unit?: string;
  /** Most characters, bytes or list items. Required for everything that has a length. */
  readonly maxLength?: number;
  /** The only texts allowed. */
  readonly oneOf?: readonly string[];
  /** Alarm limits on the value; a value outside is valid and worth an alarm. */
  readonly limits?: { readonly low?: number; readonly high?: number };
  readonly meaning: string;
}

/** One downlink stream. */
export interface Stream {
  readonly name: string;
  /** 0 is sent first. */
  readonly priority: number;
  /** Kept until the ground has acknowledged it. */
  readonly custody: boolean;
  readonly fields: readonly Field[];
}

/** One command. */
export interface CommandDefinition {
  readonly name: string;
  /** Answered by a frame of stream `ack`. Custody traffic is not, or every answer would call for another. */
  readonly answered: boolean;
  readonly args: readonly Field[];
  readonly meaning: string;
}

/** A whole dictionary. */
export interface Dictionary {
  readonly name: string;
  readonly version: number;
  readonly streams: readonly Stream[];
  readonly commands: readonly CommandDefinition[];
}

const SOURCE: Field = {
  name: 'source',
  type: 'text',
  maxLength: 128,
  meaning: 'name of the frame that the camera delivered',
};

const RANGES: Field = {
  name: 'ranges',
  type: 'uints',
  maxLength: 8192,
  meaning: 'flat list of boot, stream index, first sequence, last sequence (both included)',
};

/** The dictionary of this version of Nadir. The order of streams and fields is the wire order. */
export const DICTIONARY: Dictionary = {
  name: 'nadir',
  version: 1,
  streams: [
    {
      name: 'birth',
      priority: 0,
      custody: false,
      fields: [
        {
          name: 'link',
          type: 'text',
          maxLength: 8,
          oneOf: ['up', 'lost'],
          meaning: 'lost is the will: the link is gone, the craft may live',
        },
        {
          name: 'session',
          type: 'uint',
          meaning: 'counts connections of this boot, so that a late will cannot speak for a new one',
        },
        { name: 'resetReason', type: 'text', maxLength: 64, meaning: 'why the runtime started' },
        { name: 'bundle', type: 'text', maxLength: 64, meaning: 'SHA-256 of the bundle manifest that flies' },
        { name: 'slot', type: 'text', maxLength: 16, meaning: 'software slot that booted' },
        {
          name: 'extents',
          type: 'uints',
          maxLength: 4096,
          meaning: 'flat list of boot, stream index, last sequence given',
        },
        { name: 'dropped', type: 'uints', maxLength: 4096, meaning: 'evicted unsent: boot, stream index, first, last' },
        { name: 'commandCounter', type: 'uint', meaning: 'counter of the last command that was accepted' },
      ],
    },
    {
      name: 'health',
      priority: 0,
      custody: true,
      fields: [
        {
          name: 'mode',
          type: 'text',
          maxLength: 16,
          oneOf: ['boot', 'nominal', 'degraded', 'safe'],
          meaning: 'mode of the runtime',
        },
        { name: 'uptime', type: 'float', unit: 's', meaning: 'time since this boot' },
        { name: 'rss', type: 'uint', unit: 'B', meaning: 'resident memory of the runtime' },
        { name: 'memoryLimit', type: 'uint', unit: 'B', meaning: 'memory that the profile allows' },
        { name: 'storedFrames', type: 'uint', meaning: 'frames waiting for an acknowledgement' },
        { name: 'storedBytes', type: 'uint', unit: 'B', meaning: 'bytes of those frames' },
        { name: 'processed', type: 'uint', meaning: 'camera frames worked on since launch' },
        { name: 'failed', type: 'uint', limits: { high: 0 }, meaning: 'camera frames refused since launch' },
        { name: 'dropped', type: 'uint', limits: { high: 0 }, meaning: 'frames evicted unsent since launch' },
        {
          name: 'refusedCommands',
          type: 'uint',
          limits: { high: 0 },
          meaning: 'uplink messages refused since this boot',
        },
        {
          name: 'extents',
          type: 'uints',
          maxLength: 4096,
          meaning: 'flat list of boot, stream index, last sequence given',
        },
      ],
    },
    {
      name: 'soil',
      priority: 2,
      custody: true,
      fields: [
        SOURCE,
        {
          name: 'estimate',
          type: 'floats',
          maxLength: 32,
          meaning: 'one value a target, in the order of the soil model',
        },
        { name: 'latency', type: 'float', unit: 'ms', meaning: 'from the frame read to the estimate' },
      ],
    },
    {
      name: 'concepts',
      priority: 3,
      custody: true,
      fields: [
        SOURCE,
        {
          name: 'layer',
          type: 'uint',
          meaning: '0 names the strongest concepts; each further layer continues the code',
        },
        { name: 'layers', type: 'uint', meaning: 'layers of this scene in all' },
        { name: 'code', type: 'bytes', maxLength: 4096, meaning: 'piece of the concept code' },
        { name: 'latency', type: 'float', unit: 'ms', meaning: 'from the frame read to the code' },
      ],
    },
    {
      name: 'event',
      priority: 1,
      custody: true,
      fields: [
        {
          name: 'severity',
          type: 'text',
          maxLength: 16,
          oneOf: ['info', 'warning', 'error'],
          meaning: 'how bad it is',
        },
        { name: 'code', type: 'text', maxLength: 48, meaning: 'what happened, one word for programs' },
        { name: 'detail', type: 'text', maxLength: 512, meaning: 'what happened, where, what to do' },
      ],
    },
    {
      name: 'ack',
      priority: 1,
      custody: true,
      fields: [
        { name: 'counter', type: 'uint', meaning: 'counter of the command answered' },
        { name: 'command', type: 'text', maxLength: 32, meaning: 'name of the command answered' },
        {
          name: 'state',
          type: 'text',
          maxLength: 16,
          oneOf: ['accepted', 'executed', 'verified', 'refused'],
          meaning: 'how far it came',
        },
        { name: 'reason', type: 'text', maxLength: 256, meaning: 'why it was refused, or empty' },
      ],
    },
  ],
  commands: [
    {
      name: 'beacon',
      answered: false,
      args: [
        {
          name: 'session',
          type: 'uint',
          meaning:
            'names this run of the ground; another one than last heard means that nothing unacknowledged may have survived',
        },
        RANGES,
      ],
      meaning: 'the ground listens; these ranges are in its archive for good',
    },
    {
      name: 'acknowledge',
      answered: false,
      args: [RANGES],
      meaning: 'these ranges are in the archive for good; delete them',
    },
    { name: 'resend', answered: false, args: [RANGES], meaning: 'these are missing on the ground; send them again' },
    { name: 'rebirth', answered: true, args: [], meaning: 'send the birth frame again' },
    {
      name: 'mode',
      answered: true,
      args: [
        {
          name: 'mode',
          type: 'text',
          maxLength: 16,
          oneOf: ['nominal', 'safe'],
          meaning: 'mode to enter; safe takes no frames',
        },
      ],
      meaning: 'enter a mode',
    },
  ],
};

/** SHA-256 of a dictionary's JSON, first 8 bytes: what each frame carries. */
export function dictionaryHash(dictionary: Dictionary): Buffer {
  return createHash('sha256').update(JSON.stringify(dictionary)).digest().subarray(0, 8);
}

/** Index of a stream in the dictionary, as ranges and frames carry it. */
export function streamIndex(dictionary: Dictionary, name: string): number {
  const index = dictionary.streams.findIndex((stream) => stream.name === name);
  if (index < 0) throw new RangeError(`stream ${name} is not in dictionary ${dictionary.name} ${dictionary.version}`);
  return index;
}
