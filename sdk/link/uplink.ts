/**
 * Uplink messages: signed (Ed25519, RFC 8032), bound to the topic they are sent to, and numbered by a counter that only grows,
 * so that none can be forged, sent to another craft, or replayed. The receiver persists the counter before it acts.
 */
import { type KeyObject, sign, verify } from 'node:crypto';
import { type CommandDefinition, type Dictionary, dictionaryHash } from './dictionary.ts';
import { type FieldValues, LinkError, listToValues, valuesToList } from './fields.ts';
import { pack, unpackList } from './wire.ts';

const DOMAIN = Buffer.from('nadir-command-1\0');
const SIGNATURE_BYTES = 64;
const PARTS = 4;

/** A command on its way up. */
export interface Uplink {
  /** Grows with every message of a ground, over restarts too. */
  readonly counter: number;
  readonly command: string;
  readonly args: FieldValues;
}

/** Signed bytes of a command for the given command topic. */
export function encodeUplink(dictionary: Dictionary, topic: string, uplink: Uplink, key: KeyObject): Buffer {
  const definition = definitionOf(dictionary, uplink.command);
  const body = pack([
    dictionaryHash(dictionary),
    uplink.counter,
    uplink.command,
    valuesToList(definition.args, uplink.args, uplink.command),
  ]);
  return Buffer.concat([body, sign(null, signedBytes(topic, body), key)]);
}

/**
 * Verifies and decodes an uplink message that arrived on `topic`. Nothing is decoded before the signature is good.
 * Throws a LinkError that says why it is refused. The caller still has to compare the counter.
 */
export function decodeUplink(dictionary: Dictionary, topic: string, bytes: Uint8Array, key: KeyObject): Uplink {
  if (bytes.length <= SIGNATURE_BYTES || bytes.length > 65536) throw new LinkError(`command of ${bytes.length} bytes`);
  const body = bytes.subarray(0, bytes.length - SIGNATURE_BYTES);
  if (!verify(null, signedBytes(topic, body), key, bytes.subarray(bytes.length - SIGNATURE_BYTES))) {
    throw new LinkError('command with a wrong signature');
  }
  const [hash, counter, command, list] = unpackList(body, PARTS, 'command');
  if (!(hash instanceof Uint8Array) || !dictionaryHash(dictionary).equals(hash)) {
    throw new LinkError('command of another dictionary');
  }
  if (typeof counter !== 'number' || !Number.isSafeInteger(counter) || counter < 1)
    throw new LinkError('command without counter');
  if (typeof command !== 'string') throw new LinkError('command without name');
  return { counter, command, args: listToValues(definitionOf(dictionary, command).args, list, command) };
}

function definitionOf(dictionary: Dictionary, name: string): CommandDefinition {
  const definition = dictionary.commands.find((command) => command.name === name);
  if (!definition) throw new LinkError(`command ${name.slice(0, 64)} is not in the dictionary`);
  return definition;
}

function signedBytes(topic: string, body: Uint8Array): Buffer {
  return Buffer.concat([DOMAIN, Buffer.from(topic), Buffer.from([0]), body]);
}
