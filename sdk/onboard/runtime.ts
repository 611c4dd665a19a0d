/**
 * The flight runtime: camera frames → results → store → link, its modes, and the ground's commands. Everything that it says goes
 * through the store first, so that a fall at any instant loses nothing, works on nothing twice and gives no sequence twice.
 */
import { createHash, createPublicKey } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brokerPlace, messageOf, NadirError } from '../base/index.ts';
import { type VerifiedBundle, verifyBundle } from '../bundle/index.ts';
import { type CraftAddress, DICTIONARY, type StreamRange, topicOf } from '../link/index.ts';
import { workOnFrames } from './camera-work.ts';
import { systemClock } from './clock.ts';
import { CommandDesk } from './commands.ts';
import { Keeper } from './keeper.ts';
import { jsonLines, type Log } from './log.ts';
import type { OnboardHandle, OnboardOptions, OnboardStatus } from './options.ts';
import { Outbox } from './outbox.ts';
import { Pipeline } from './pipeline.ts';
import { Reconnector } from './reconnect.ts';
import { type SelfTest, selfTest } from './self-test.ts';
import { FrameStore } from './store.ts';
import type { FrameKey } from './store-layout.ts';
import { type BirthFacts, Telemetry } from './telemetry.ts';

const DEFAULT_HEALTH_MS = 10_000;
const DEFAULT_DRAIN_MS = 5000;
/** Share of the memory limit from which on the runtime is safe: what is left is for the link and the store. */
const MEMORY_ALARM = 0.95;
const DEFAULT_WATCH_MS = 1000;
/** Nothing sent, stored or acknowledged for so many watches, with frames waiting: they count as unsent. */
const STALLED_WATCHES = 15;
/** Shortest time between births that tell of drops. */
const BIRTH_MS = 400;

/** Verifies the bundle, proves its models on this machine and starts. Throws a NadirError where it must not fly. */
export async function startOnboard(options: OnboardOptions): Promise<OnboardHandle> {
  const address = { mission: options.mission, craft: options.craft };
  try {
    topicOf(address, 'command');
  } catch (cause) {
    throw new NadirError({
      what: messageOf(cause),
      where: '--mission, --craft',
      remedy: 'Rename it',
      exitCode: 2,
      cause,
    });
  }
  brokerPlace(options.broker);
  const bundle = await verifyBundle(options.bundle, options.trusted);
  const pipeline = await Pipeline.load(bundle, options.threads ?? 1);
  const proof = await selfTest(bundle, pipeline);
  const store = new FrameStore(options.store, options.limits, options.storeMadeMs ?? Date.now());
  try {
    forbidRollback(store, bundle);
    return new Runtime(options, address, bundle, pipeline, proof, store);
  } catch (thrown) {
    await store.close(true);
    throw thrown;
  }
}

/** A bundle older than one that has flown may hold a key or a model that was withdrawn. */
function forbidRollback(store: FrameStore, { dir, manifest }: VerifiedBundle): void {
  if (manifest.sequence < store.bundleSequence) {
    throw new NadirError({
      what: `bundle is older (sequence ${manifest.sequence}) than what has flown (${store.bundleSequence})`,
      where: dir,
      remedy: 'Pack it again with a higher --sequence',
    });
  }
  if (manifest.sequence > store.bundleSequence) store.commit({ bundleSequence: manifest.sequence });
}

class Runtime implements OnboardHandle {
  readonly ended: Promise<OnboardStatus>;
  readonly #options: OnboardOptions;
  readonly #bundle: VerifiedBundle;
  readonly #proof: SelfTest;
  readonly #log: Log;
  readonly #store: FrameStore;
  readonly #telemetry: Telemetry;
  readonly #keeper: Keeper;
  readonly #outbox: Outbox;
  readonly #desk: CommandDesk;
  readonly #link: Reconnector;
  readonly #stopping = new AbortController();
  readonly #timers: NodeJS.Timeout[];
  readonly #working: Promise<void>;
  readonly #startedMs: number;
  #end!: { resolve(status: OnboardStatus): void; reject(error: Error): void };
  #asked: readonly StreamRange[] = [];
  #lastDropBirthMs = 0;
  #stalled = { mark: '', watches: 0 };
  #stopped: Promise<OnboardStatus> | undefined;

  constructor(
    options: OnboardOptions,
    address: CraftAddress,
    bundle: VerifiedBundle,
    pipeline: Pipeline,
    proof: SelfTest,
    store: FrameStore,
  ) {
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#bundle = bundle;
    this.#proof = proof;
    this.#log = options.log ?? jsonLines(() => clock.nowMs());
    this.#startedMs = performance.now();
    this.#store = store;
    this.#telemetry = new Telemetry(this.#store, clock, () => this.#link?.heard ?? false);
    this.#keeper = new Keeper(this.#store, this.#telemetry, this.#log, {
      committed: () => this.#link?.pump(),
      taken: (error) => void this.#fall(error),
    });
    this.#outbox = new Outbox(this.#store, (key) => this.#giveUpDamaged(key));
    this.ended = new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
    this.ended.catch(() => {}); // whoever asked for it hears of it; nobody has to
    this.#desk = this.#makeDesk(address);
    this.#keeper.enter(this.#store.commandedMode, `booted after ${this.#store.resetReason}`, 'info');
    this.#health();
    this.#link = this.#makeLink(address);
    this.#timers = [
      setInterval(() => this.#health(), options.healthMs ?? DEFAULT_HEALTH_MS),
      setInterval(() => this.#watch(), options.watchMs ?? DEFAULT_WATCH_MS),
    ];
    const { frames: source } = options;
    const work = {
      source,
      pipeline,
      store: this.#store,
      keeper: this.#keeper,
      telemetry: this.#telemetry,
      log: this.#log,
    };
    this.#working = workOnFrames(work, this.#stopping.signal);
  }

  status(): OnboardStatus {
    return {
      mode: this.#keeper.mode,
      modeReason: this.#keeper.reason,
      boot: this.#store.boot,
      resetReason: this.#store.resetReason,
      bundle: this.#bundle.id,
      selfTest: this.#proof,
      uptimeSeconds: this.#uptimeSeconds,
      rssBytes: process.memoryUsage.rss(),
      link: {
        heard: this.#link.heard,
        sessions: this.#link.number,
        sentFrames: this.#outbox.sent.frames,
        sentBytes: this.#outbox.sent.bytes,
        refusedCommands: this.#desk.refused,
      },
      store: { ...this.#store.waiting, totals: { ...this.#store.totals }, extents: this.#store.extents() },
    };
  }

  stop(): Promise<OnboardStatus> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<OnboardStatus> {
    try {
      const status = await this.#wind();
      this.#end.resolve(status);
      return status;
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#end.reject(error);
      throw error;
    }
  }

  /** Ends everything in order. */
  async #wind(): Promise<OnboardStatus> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort();
    await this.#working;
    const deadline = performance.now() + (this.#options.drainMs ?? DEFAULT_DRAIN_MS);
    while (this.#store.waiting.frames > 0 && performance.now() < deadline) await sleep(20);
    await this.#link.close(this.#telemetry.birth(this.#birthFacts('lost')));
    const status = this.status();
    await this.#store.close(true);
    return status;
  }

  /** It cannot go on: another runtime has the store. Everything is let go of, and nothing more is written. */
  async #fall(error: NadirError): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = Promise.reject(error);
    this.#stopped.catch(() => {});
    for (const timer of this.#timers) clearInterval(timer);
    this.#stopping.abort();
    await this.#link.close(this.#telemetry.birth(this.#birthFacts('lost')));
    await this.#store.close(false);
    this.#end.reject(error);
  }

  get #uptimeSeconds(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  #health(): void {
    const facts = {
      mode: this.#keeper.mode,
      uptimeSeconds: this.#uptimeSeconds,
      memoryLimitBytes: this.#options.memoryLimitBytes ?? 0,
      refusedCommands: this.#desk.refused,
    };
    this.#keeper.commit({ frames: [this.#telemetry.health(facts)] });
  }

  #watch(): void {
    const limit = this.#options.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
    const rss = process.memoryUsage.rss();
    if (rss > limit * MEMORY_ALARM) {
      this.#keeper.enter(
        'safe',
        `resident memory ${rss} bytes of ${limit}: no more camera frames until commanded nominal`,
        'error',
      );
    }
    this.#watchForStall();
  }

  /** The last resort where neither PUBACK, acknowledgement nor a request to send again says what became of the frames. */
  #watchForStall(): void {
    const { stored, acknowledged } = this.#store.totals;
    const mark = `${stored} ${acknowledged} ${this.#outbox.sent.frames}`;
    const waits = this.#link.heard && this.#store.waiting.frames > 0;
    this.#stalled = { mark, watches: waits && mark === this.#stalled.mark ? this.#stalled.watches + 1 : 0 };
    if (this.#stalled.watches < STALLED_WATCHES) return;
    this.#stalled.watches = 0;
    this.#outbox.forgetSent();
    this.#link.pump();
  }

  #giveUpDamaged(key: FrameKey): void {
    const { boot, sequence } = key;
    const what = `${DICTIONARY.streams[key.stream].name} frame ${sequence} of boot ${boot} fails its CRC in the store and is lost`;
    this.#log('error', 'stored frame damaged', { boot, sequence });
    this.#keeper.commit({ damaged: key, frames: [this.#telemetry.event('error', 'frame-damaged', what)] });
  }

  #makeDesk(address: CraftAddress): CommandDesk {
    const { commandKey } = this.#bundle.manifest.uplink;
    if (commandKey === null) this.#log('warning', 'the bundle names no command key: no ground will be believed');
    const key = commandKey === null ? undefined : createPublicKey(commandKey);
    return new CommandDesk(this.#store, topicOf(address, 'command'), key, {
      draft: (stream, values) => this.#telemetry.draft(stream, values),
      beacon: (fresh) => {
        if (fresh) this.#outbox.forgetSent();
        this.#link.hear();
      },
      resend: (ranges) => {
        this.#asked = ranges;
        this.#outbox.resend(ranges);
        if (ranges.some((range) => this.#store.hasDropped(range))) this.#tellOfDrops();
        this.#link.pump();
      },
      rebirth: () => this.#link.publishBirth(),
      enterMode: (mode) => {
        const limit = this.#options.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
        if (mode === 'nominal' && process.memoryUsage.rss() > limit * MEMORY_ALARM)
          return 'resident memory is still too high';
        this.#keeper.enter(mode, 'commanded', 'info');
        return undefined;
      },
    });
  }

  /** What was dropped is told by a birth frame, so that the ground stops asking for it. */
  #tellOfDrops(): void {
    if (performance.now() - this.#lastDropBirthMs < BIRTH_MS) return;
    this.#lastDropBirthMs = performance.now();
    this.#link.publishBirth();
  }

  #makeLink(address: CraftAddress): Reconnector {
    // brokers bound the length of client ids (aedes: 23); a fixed one lets the broker end a connection that it has not found dead yet
    const clientId = `nadir-${createHash('sha256').update(`${address.mission}/${address.craft}`).digest('hex').slice(0, 16)}`;
    return new Reconnector({
      log: this.#log,
      next: (session) => ({
        url: this.#options.broker,
        address,
        clientId,
        outbox: this.#outbox,
        will: this.#telemetry.birth({ ...this.#birthFacts('lost'), session }),
        birth: () => this.#telemetry.birth({ ...this.#birthFacts('up'), session }),
        onCommand: (topic, payload) => this.#receive(topic, payload),
        onQuarantined: ({ stream, boot, sequence }) => {
          const what = `${DICTIONARY.streams[stream].name} frame ${sequence} of boot ${boot} was refused three times; it waits to be asked for`;
          this.#keeper.commit({ frames: [this.#telemetry.event('warning', 'frame-quarantined', what)] });
        },
        onFailure: (thrown) => this.#keeper.storeFailed(thrown),
      }),
    });
  }

  #receive(topic: string, payload: Buffer): void {
    try {
      const refusal = this.#desk.receive(topic, payload);
      if (refusal !== undefined) this.#log('warning', 'command refused', { reason: refusal });
      else this.#link.pump();
    } catch (thrown) {
      this.#keeper.storeFailed(thrown);
    }
  }

  #birthFacts(link: 'up' | 'lost'): BirthFacts {
    const slot = this.#options.slot ?? 'app';
    return { link, session: this.#link?.number ?? 0, bundle: this.#bundle.id, slot, asked: this.#asked };
  }
}
