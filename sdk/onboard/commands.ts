/**
 * What the ground may ask of the board. A message is verified, then its counter is persisted in the same transaction as what it
 * deletes or answers, and only then it is acted upon: none acts twice, over reboots too. What fails changes nothing but a count.
 */
import type { KeyObject } from 'node:crypto';
import {
  DICTIONARY,
  decodeUplink,
  type FieldValues,
  LinkError,
  type StreamRange,
  type Uplink,
  unflattenRanges,
} from '../link/index.ts';
import type { FrameDraft, FrameStore } from './store.ts';

/** What commands do to the rest of the runtime. */
export interface CommandEffects {
  /** The ground listens; `fresh` when it is another run of it than last heard. */
  beacon(fresh: boolean): void;
  resend(ranges: readonly StreamRange[]): void;
  rebirth(): void;
  /** Enters a mode, or says why not. */
  enterMode(mode: 'nominal' | 'safe'): string | undefined;
  /** A frame of stream `ack` with the present time. */
  draft(stream: string, values: FieldValues): FrameDraft;
}

export class CommandDesk {
  readonly #store: FrameStore;
  readonly #topic: string;
  readonly #key: KeyObject | undefined;
  readonly #effects: CommandEffects;
  #groundSession: number | undefined;
  #refused = 0;

  /** `key` verifies commands; without one, none is believed. */
  constructor(store: FrameStore, topic: string, key: KeyObject | undefined, effects: CommandEffects) {
    this.#store = store;
    this.#topic = topic;
    this.#key = key;
    this.#effects = effects;
  }

  /** Messages refused since this boot. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Takes one message. Returns why it was refused, or undefined. Throws a NadirError when the store cannot be written, having done
   * nothing: the ground says it again.
   */
  receive(topic: string, payload: Uint8Array): string | undefined {
    let uplink: Uplink;
    try {
      if (topic !== this.#topic || this.#key === undefined) throw new LinkError(`no command is believed on ${topic}`);
      uplink = decodeUplink(DICTIONARY, topic, payload, this.#key);
      if (uplink.counter <= this.#store.commandCounter) {
        throw new LinkError(`command counter ${uplink.counter} is not above ${this.#store.commandCounter}`);
      }
      this.#act(uplink);
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      this.#refused++;
      return thrown.message;
    }
    return undefined;
  }

  #act({ counter, command, args }: Uplink): void {
    const effects = this.#effects;
    if (command === 'beacon') {
      this.#store.commit({ commandCounter: counter, archived: rangesOf(args) });
      const fresh = args.session !== this.#groundSession;
      this.#groundSession = Number(args.session);
      effects.beacon(fresh);
    } else if (command === 'acknowledge') {
      this.#store.commit({ commandCounter: counter, archived: rangesOf(args) });
    } else if (command === 'resend') {
      const ranges = rangesOf(args);
      this.#store.commit({ commandCounter: counter });
      effects.resend(ranges);
    } else if (command === 'rebirth') {
      this.#answer(counter, command, 'accepted', '', { commandCounter: counter });
      effects.rebirth();
      this.#answer(counter, command, 'executed');
    } else if (command === 'mode') {
      const mode = args.mode === 'safe' ? 'safe' : 'nominal';
      this.#answer(counter, command, 'accepted', '', { commandCounter: counter });
      const refusal = effects.enterMode(mode);
      if (refusal !== undefined) this.#answer(counter, command, 'refused', refusal);
      else this.#answer(counter, command, 'executed', '', { commandedMode: mode });
    } else
      this.#answer(counter, command, 'refused', 'this board does not know the command', { commandCounter: counter });
  }

  #answer(
    counter: number,
    command: string,
    state: string,
    reason = '',
    also: { commandCounter?: number; commandedMode?: 'nominal' | 'safe' } = {},
  ): void {
    const values = { counter, command, state, reason: reason.slice(0, 256) };
    this.#store.commit({ frames: [this.#effects.draft('ack', values)], ...also });
  }
}

function rangesOf(args: FieldValues): StreamRange[] {
  const ranges = Array.isArray(args.ranges) ? unflattenRanges(args.ranges) : undefined;
  if (!ranges) throw new LinkError('command with ranges that are none');
  return ranges;
}
