import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import {
  DICTIONARY,
  type Dictionary,
  decodeFrame,
  dictionaryHash,
  encodeFrame,
  type Field,
  type FieldValue,
  type Frame,
  frameIsIntact,
  LinkError,
  MAX_FRAME_BYTES,
  streamIndex,
} from '../../sdk/link/index.ts';

const EVENT: Frame = {
  stream: 'event',
  boot: 3,
  sequence: 17,
  timeMs: 1_770_000_000_123.5,
  uncertaintyMs: 12.25,
  stored: true,
  values: { severity: 'warning', code: 'memory-high', detail: 'rss 201 MB of 200 MB' },
};

function fieldValue(field: Field): fc.Arbitrary<FieldValue> {
  const maxLength = Math.min(field.maxLength ?? 0, 40);
  const float = fc.double({ noNaN: true, noDefaultInfinity: true });
  switch (field.type) {
    case 'uint':
      return fc.maxSafeNat();
    case 'float':
      return float;
    case 'flag':
      return fc.boolean();
    case 'text':
      return field.oneOf ? fc.constantFrom(...field.oneOf) : fc.string({ maxLength });
    case 'bytes':
      return fc.uint8Array({ maxLength });
    case 'uints':
      return fc.array(fc.maxSafeNat(), { maxLength });
    case 'floats':
      return fc.array(float, { maxLength });
  }
}

const anyFrame: fc.Arbitrary<Frame> = fc.constantFrom(...DICTIONARY.streams).chain((stream) =>
  fc.record({
    stream: fc.constant(stream.name),
    boot: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    timeMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
    uncertaintyMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    stored: fc.boolean(),
    values: fc.record(Object.fromEntries(stream.fields.map((field) => [field.name, fieldValue(field)]))),
  }),
);

/** Bytes as plain lists, so that a Buffer equals the Uint8Array that it came from. */
function plain(frame: Frame): unknown {
  return JSON.parse(
    JSON.stringify(frame, (_, value) =>
      value instanceof Uint8Array || value?.type === 'Buffer' ? Array.from(value.data ?? value) : value,
    ),
  );
}

/** A body with a good CRC: what a hostile sender can always make. */
function sealed(body: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + body.length);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body));
  return bytes;
}

const packr = new Packr({ useRecords: false });

describe('a frame', () => {
  it('comes back as it went, for every stream of the dictionary', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(plain(decodeFrame(DICTIONARY, encodeFrame(DICTIONARY, frame)))).toEqual(plain(frame));
      }),
      { numRuns: 300 },
    );
  });

  it('with any one byte changed is refused before it is decoded', () => {
    const bytes = encodeFrame(DICTIONARY, EVENT);
    for (let at = 0; at < bytes.length; at++) {
      for (let flip = 1; flip < 256; flip++) {
        const damaged = Buffer.from(bytes);
        damaged[at] ^= flip;
        expect(frameIsIntact(damaged)).toBe(false);
      }
    }
    expect(() => decodeFrame(DICTIONARY, bytes.with(9, bytes[9] ^ 1))).toThrow(/fails its CRC/);
  });

  it('cut anywhere, or longer than one message, is refused', () => {
    const bytes = encodeFrame(DICTIONARY, EVENT);
    for (let end = 0; end < bytes.length; end++) {
      expect(() => decodeFrame(DICTIONARY, bytes.subarray(0, end))).toThrow(LinkError);
    }
    expect(() => decodeFrame(DICTIONARY, new Uint8Array(MAX_FRAME_BYTES + 1))).toThrow(/above 65536/);
  });

  it('of another dictionary is refused, whatever it says', () => {
    const other: Dictionary = { ...DICTIONARY, version: DICTIONARY.version + 1 };
    expect(() => decodeFrame(DICTIONARY, encodeFrame(other, EVENT))).toThrow(/another dictionary/);
  });

  it('is not made of values that the dictionary does not allow', () => {
    const bad = (values: Frame['values']) => () => encodeFrame(DICTIONARY, { ...EVENT, values });
    expect(bad({ ...EVENT.values, severity: 'fatal' })).toThrow(/event.severity: not one of/);
    expect(bad({ ...EVENT.values, detail: 'x'.repeat(513) })).toThrow(/length 513 is above 512/);
    expect(bad({ severity: 'info', code: 'a' })).toThrow(/event.detail: not a text/);
    expect(bad({ ...EVENT.values, colour: 'red' })).toThrow(/no field colour/);
  });
});

describe('bytes from anywhere', () => {
  const refusedOrDecoded = (bytes: Uint8Array) => {
    try {
      return decodeFrame(DICTIONARY, bytes).boot >= 1;
    } catch (thrown) {
      if (thrown instanceof LinkError) return true;
      throw thrown;
    }
  };

  it('never make the decoder throw anything but a LinkError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => refusedOrDecoded(bytes)),
      { numRuns: 500 },
    );
  });

  it('with a good CRC around them neither', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (body) =>
        refusedOrDecoded(sealed(Buffer.from(body))),
      ),
      { numRuns: 500 },
    );
  });

  it('nor does a well formed list of any nine things', () => {
    const anything = fc.anything({
      maxDepth: 2,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
    });
    const known = [
      1,
      dictionaryHash(DICTIONARY),
      streamIndex(DICTIONARY, 'event'),
      1,
      1,
      0,
      0,
      false,
      ['info', 'a', 'b'],
    ];
    fc.assert(
      fc.property(fc.array(anything, { minLength: 9, maxLength: 9 }), fc.nat(9), (parts, keep) => {
        const mixed = parts.map((part, i) => (i < keep ? known[i] : part));
        let body: Buffer;
        try {
          body = packr.pack(mixed);
        } catch {
          return true; // not expressible in MessagePack
        }
        return refusedOrDecoded(sealed(Buffer.from(body)));
      }),
      { numRuns: 500 },
    );
  });

  it('nor does an object that cannot be turned into text', () => {
    const hostile: unknown[] = [{ toString: 1, valueOf: 2 }, 0, { toString: 1 }, 1, 1, 0, 0, false, []];
    expect(() => decodeFrame(DICTIONARY, sealed(Buffer.from(packr.pack(hostile))))).toThrow(LinkError);
  });

  it('that claim a list of billions are refused without making room for it', () => {
    const before = process.memoryUsage().rss;
    const claim = Buffer.from([0xdd, 0x01, 0xe0, 0, 0]);
    expect(() => decodeFrame(DICTIONARY, sealed(Buffer.concat(Array(200).fill(claim))))).toThrow(LinkError);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });
});
