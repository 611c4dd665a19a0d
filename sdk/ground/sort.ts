/** Sorts the messages of a batch: what is new, what came before, births, and what is refused, each with one log line. */
import type { Progress } from '../base/index.ts';
import type { FrameKey } from './archive.ts';
import { birthKey, type Recalled } from './recall.ts';
import type { Refused } from './rows.ts';
import type { Message } from './source.ts';
import { type ReceivedFrame, verifyMessage } from './verify.ts';

/** Messages of a batch by what is to be done with them. */
export interface Sorted {
  /** Frames that the archive does not hold, in order of craft, boot, stream and sequence. */
  readonly fresh: ReceivedFrame[];
  /** Frames that it holds, or that came twice in this batch. */
  readonly again: ReceivedFrame[];
  readonly births: ReceivedFrame[];
  /** Births that the archive does not hold yet. */
  readonly newBirths: ReceivedFrame[];
  readonly refused: Refused[];
  /** Payloads that came, of any kind but our own. */
  count: number;
  bytes: number;
}

/** Verifies and sorts messages against what the ground knows. */
export function sortMessages(
  mission: string,
  messages: readonly Message[],
  state: Pick<Recalled, 'births' | 'ledger'>,
  progress: Progress,
): Sorted {
  const sorted: Sorted = { fresh: [], again: [], births: [], newBirths: [], refused: [], count: 0, bytes: 0 };
  const inBatch = new Set<string>();
  for (const message of messages) {
    const verdict = verifyMessage(mission, message);
    if (verdict.kind === 'ours') continue;
    sorted.count++;
    sorted.bytes += message.payload.length;
    if (verdict.kind === 'refused') {
      sorted.refused.push({ ...message, reason: verdict.reason });
      progress.log(`ground: refused a payload on ${printable(message.topic)}: ${verdict.reason}. ${verdict.remedy}`);
      continue;
    }
    const { received } = verdict;
    const { craft, frame } = received;
    const isBirth = frame.stream === 'birth';
    const key = isBirth ? birthKey(craft, frame) : keyOf({ craft, ...frame });
    const held = isBirth ? state.births.has(key) : state.ledger.has({ ...frame, craft }, frame.sequence);
    const known = held || inBatch.has(key);
    inBatch.add(key);
    if (!isBirth) (known ? sorted.again : sorted.fresh).push(received);
    else {
      sorted.births.push(received);
      if (!known) sorted.newBirths.push(received);
    }
  }
  sorted.fresh.sort(inOrder);
  return sorted;
}

function keyOf({ craft, boot, stream, sequence }: FrameKey): string {
  return `${craft}/${boot}/${stream}/${sequence}`;
}

function inOrder(a: ReceivedFrame, b: ReceivedFrame): number {
  if (a.craft !== b.craft) return a.craft < b.craft ? -1 : 1;
  if (a.frame.boot !== b.frame.boot) return a.frame.boot - b.frame.boot;
  if (a.frame.stream !== b.frame.stream) return a.frame.stream < b.frame.stream ? -1 : 1;
  return a.frame.sequence - b.frame.sequence;
}

/** A topic for a log line: what others sent must not steer the terminal. */
function printable(topic: string): string {
  return topic.slice(0, 120).replace(/[^\x20-\x7e]/g, '?');
}
