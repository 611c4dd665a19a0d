/** Rows of the archive's tables, column by column in the order of schema.ts. */
import type { DuckDBAppender } from '@duckdb/node-api';
import { valuesToJson } from './schema.ts';
import type { ReceivedFrame } from './verify.ts';

/** Bytes of a refused payload that are kept. */
const QUARANTINE_HEAD = 256;
const QUARANTINE_TOPIC = 256;

/** A payload that was refused. */
export interface Refused {
  readonly topic: string;
  readonly reason: string;
  readonly payload: Uint8Array;
  readonly receivedMs: number;
}

/** A row of `frames`. */
export function appendFrame(to: DuckDBAppender, mission: string, row: number, received: ReceivedFrame): void {
  const { craft, frame, bytes, receivedMs } = received;
  to.appendBigInt(BigInt(row));
  to.appendVarchar(mission);
  to.appendVarchar(craft);
  to.appendBigInt(BigInt(frame.boot));
  to.appendVarchar(frame.stream);
  to.appendBigInt(BigInt(frame.sequence));
  to.appendDouble(frame.timeMs);
  to.appendDouble(frame.uncertaintyMs);
  to.appendBoolean(frame.stored);
  to.appendDouble(receivedMs);
  to.appendBlob(bytes);
  to.appendVarchar(valuesToJson(frame.values));
}

/** A row of `births`. */
export function appendBirth(to: DuckDBAppender, mission: string, received: ReceivedFrame): void {
  const { craft, frame, bytes, receivedMs } = received;
  to.appendVarchar(mission);
  to.appendVarchar(craft);
  to.appendBigInt(BigInt(frame.boot));
  to.appendBigInt(BigInt(Number(frame.values.session)));
  to.appendVarchar(String(frame.values.link));
  to.appendBigInt(BigInt(frame.sequence));
  to.appendDouble(frame.timeMs);
  to.appendDouble(receivedMs);
  to.appendBlob(bytes);
  to.appendVarchar(valuesToJson(frame.values));
}

/** A row of `quarantine`. */
export function appendRefused(to: DuckDBAppender, { topic, reason, payload, receivedMs }: Refused): void {
  to.appendDouble(receivedMs);
  to.appendVarchar(topic.slice(0, QUARANTINE_TOPIC));
  to.appendVarchar(reason);
  to.appendBigInt(BigInt(payload.length));
  to.appendBlob(payload.subarray(0, QUARANTINE_HEAD));
}
