/** What the runtime is started with, and what it says of itself. */
import type { TrustedKey } from '../bundle/index.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { SelfTest } from './self-test.ts';
import type { FrameSource } from './source.ts';
import type { StoreLimits } from './store.ts';
import type { StoreTotals } from './store-layout.ts';

/** Boot → nominal; degraded while the store cannot be written; safe takes no camera frames. */
export type Mode = 'boot' | 'nominal' | 'degraded' | 'safe';

export interface OnboardOptions {
  /** Folder of the signed bundle. */
  readonly bundle: string;
  /** Keys of which one must have signed it. */
  readonly trusted: readonly TrustedKey[];
  /** Folder of the store, made where it is missing. */
  readonly store: string;
  readonly frames: FrameSource;
  /** `mqtt://host:port` or `mqtts://…`. */
  readonly broker: string;
  readonly mission: string;
  readonly craft: string;
  readonly clock?: Clock;
  /** Threads of one inference. */
  readonly threads?: number;
  /** Resident memory of the profile; from 95 % of it on the runtime is safe. */
  readonly memoryLimitBytes?: number;
  readonly limits?: StoreLimits;
  /** What a new store counts boots and commands from, milliseconds since 1970; by default the machine's time. */
  readonly storeMadeMs?: number;
  /** Between two health frames, in the machine's time. */
  readonly healthMs?: number;
  /** Between two looks at memory and at the progress of the link. */
  readonly watchMs?: number;
  /** How long a stop waits for the ground to acknowledge what is stored. */
  readonly drainMs?: number;
  /** Software slot that booted. */
  readonly slot?: string;
  readonly log?: Log;
}

export interface OnboardStatus {
  readonly mode: Mode;
  readonly modeReason: string;
  readonly boot: number;
  readonly resetReason: string;
  /** SHA-256 of the bundle's manifest. */
  readonly bundle: string;
  readonly selfTest: SelfTest;
  readonly uptimeSeconds: number;
  readonly rssBytes: number;
  readonly link: {
    readonly heard: boolean;
    readonly sessions: number;
    readonly sentFrames: number;
    readonly sentBytes: number;
    readonly refusedCommands: number;
  };
  readonly store: {
    readonly frames: number;
    readonly bytes: number;
    readonly totals: StoreTotals;
    readonly extents: readonly { readonly boot: number; readonly stream: number; readonly last: number }[];
  };
}

/** A running runtime. */
export interface OnboardHandle {
  status(): OnboardStatus;
  /** Takes no new frames, gives the ground up to `drainMs` for what is stored, and closes everything. */
  stop(): Promise<OnboardStatus>;
  /** Resolves when it has stopped; rejects with a NadirError when it cannot go on. */
  readonly ended: Promise<OnboardStatus>;
}
