/** The store's counts: boots, totals, what waits in each lane. In memory, and as one record that every transaction rewrites. */
import {
  EMPTY_STATE,
  type Lane,
  type Pending,
  type StoreState,
  type StoreTotals,
  type Tables,
} from './store-layout.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class StoreBooks {
  /** Everything but what waits. */
  state!: Mutable<Omit<StoreState, 'totals' | 'pending'>>;
  totals!: Mutable<StoreTotals>;
  readonly #meta: Tables['meta'];
  #pending = new Map<string, Mutable<Pending>>();

  constructor({ meta }: Tables) {
    this.#meta = meta;
  }

  /** Reads the record again from disk. */
  load(): void {
    const { pending, totals, ...state } = this.#record() ?? EMPTY_STATE;
    this.state = state;
    this.totals = { ...totals };
    this.#pending = new Map(pending.map((one) => [nameOf(one), { ...one }]));
  }

  /** Writes the record, in the caller's transaction. */
  save(): void {
    const record: StoreState = { ...this.state, totals: this.totals, pending: [...this.#pending.values()] };
    this.#meta.putSync('state', record);
  }

  /** Boot of whoever has written last. */
  get bootOnDisk(): number {
    return this.#record()?.boot ?? 0;
  }

  /** Frames and bytes that wait for the ground. */
  get waiting(): { readonly frames: number; readonly bytes: number } {
    let frames = 0;
    let bytes = 0;
    for (const pending of this.#pending.values()) {
      frames += pending.frames;
      bytes += pending.bytes;
    }
    return { frames, bytes };
  }

  /** Lanes that hold frames, the first to be sent first. */
  lanes(): Lane[] {
    return [...this.#pending.values()]
      .filter(({ frames }) => frames > 0)
      .sort((a, b) => a.rank - b.rank || a.stream - b.stream);
  }

  /** Frames have come to a lane or left it. */
  count(lane: Lane, frames: number, bytes: number): void {
    const { rank, stream } = lane;
    const pending = this.#pending.get(nameOf(lane)) ?? { rank, stream, frames: 0, bytes: 0 };
    pending.frames += frames;
    pending.bytes += bytes;
    this.#pending.set(nameOf(lane), pending);
  }

  #record(): StoreState | undefined {
    return this.#meta.get('state') as StoreState | undefined;
  }
}

function nameOf({ rank, stream }: Lane): string {
  return `${rank}:${stream}`;
}
