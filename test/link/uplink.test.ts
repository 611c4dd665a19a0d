import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DICTIONARY, type Dictionary, decodeUplink, encodeUplink, LinkError, topicOf } from '../../sdk/link/index.ts';

const ground = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const TOPIC = topicOf({ mission: 'demo', craft: 'one' }, 'command');
const MODE = { counter: 41, command: 'mode', args: { mode: 'safe' } };

describe('an uplink message', () => {
  it('comes back as it went on its own topic under the ground’s key', () => {
    const bytes = encodeUplink(DICTIONARY, TOPIC, MODE, ground.privateKey);
    expect(decodeUplink(DICTIONARY, TOPIC, bytes, ground.publicKey)).toEqual(MODE);
  });

  it('carries custody ranges and the ground’s session', () => {
    const beacon = { counter: 1, command: 'beacon', args: { session: 9, ranges: [1, 2, 1, 500, 2, 3, 7, 7] } };
    const bytes = encodeUplink(DICTIONARY, TOPIC, beacon, ground.privateKey);
    expect(decodeUplink(DICTIONARY, TOPIC, bytes, ground.publicKey)).toEqual(beacon);
  });

  it('is worth nothing on another craft’s topic or under another key', () => {
    const bytes = encodeUplink(DICTIONARY, TOPIC, MODE, ground.privateKey);
    const elsewhere = topicOf({ mission: 'demo', craft: 'two' }, 'command');
    expect(() => decodeUplink(DICTIONARY, elsewhere, bytes, ground.publicKey)).toThrow(/wrong signature/);
    expect(() => decodeUplink(DICTIONARY, TOPIC, bytes, stranger.publicKey)).toThrow(/wrong signature/);
  });

  it('with any one bit changed is refused', () => {
    const bytes = encodeUplink(DICTIONARY, TOPIC, MODE, ground.privateKey);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(() => decodeUplink(DICTIONARY, TOPIC, damaged, ground.publicKey)).toThrow(LinkError);
    }
  });

  it('of random bytes is refused with a LinkError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeUplink(DICTIONARY, TOPIC, bytes, ground.publicKey)).toThrow(LinkError);
      }),
    );
  });

  it('of another dictionary, or of a command it does not have, is refused', () => {
    const other: Dictionary = {
      ...DICTIONARY,
      version: 99,
      commands: [...DICTIONARY.commands, { name: 'explode', answered: true, args: [], meaning: 'no' }],
    };
    const signed = encodeUplink(other, TOPIC, { counter: 1, command: 'explode', args: {} }, ground.privateKey);
    expect(() => decodeUplink(DICTIONARY, TOPIC, signed, ground.publicKey)).toThrow(/another dictionary/);
    expect(() =>
      encodeUplink(DICTIONARY, TOPIC, { counter: 1, command: 'explode', args: {} }, ground.privateKey),
    ).toThrow(/not in the dictionary/);
    expect(() =>
      encodeUplink(DICTIONARY, TOPIC, { counter: 1, command: 'mode', args: { mode: 'party' } }, ground.privateKey),
    ).toThrow(/not one of/);
  });
});
