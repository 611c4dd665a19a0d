import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NadirError, Random } from '../sdk/base/index.ts';
import type { Ground } from '../sdk/ground/index.ts';
import { readStoreStatus, type StoreStatus } from '../sdk/onboard/index.ts';
import type { Arrivals } from './arrivals.ts';
import { auditFlight } from './audit.ts';
import type { ChildBoard } from './board.ts';
import type { SimulatedClock } from './clock.ts';
import { assemble, type FlightOptions, type FlightParts } from './flight-parts.ts';
import type { FlightOutcome, PassRecord } from './flight-record.ts';
import type { LinkEmulator } from './link.ts';
import type { FrameCounter } from './mqtt-tap.ts';
import { orbitOf } from './orbit.ts';
import type { Pass } from './passes.ts';
import type { Scenario, ScenarioEvent } from './scenario.ts';
import { deliver, drawScenes, type Scene } from './scenes.ts';
import type { TimelineEvent } from './timeline.ts';

const POLL_MS = 25;
const LONGEST_WORK_MS = 180_000;
const LONGEST_STOP_MS = 60_000;
const ELEVATION_POINTS = 41;

/** Flies the scenario. Throws a NadirError when the board fails or an event of the scenario could not happen. */
export async function fly(options: FlightOptions): Promise<FlightOutcome> {
  const flight = new Flight(options, await assemble(options));
  try {
    return await flight.run();
  } finally {
    await flight.end();
  }
}

class Flight {
  readonly #options: FlightOptions;
  readonly #passes: readonly Pass[];
  readonly #clock: SimulatedClock;
  readonly #ground: Ground;
  readonly #link: LinkEmulator;
  readonly #counter: FrameCounter;
  readonly #board: ChildBoard;
  readonly #arrivals: Arrivals;
  readonly #scenes: Scene[] = [];
  /** Events of the scenario that have not happened yet. */
  readonly #due: ScenarioEvent[] = [];
  #outages = 0;
  /** Frames acknowledged up to the end of the pass before. */
  #acknowledged = 0;

  constructor(options: FlightOptions, parts: FlightParts) {
    this.#options = options;
    this.#passes = parts.passes;
    this.#clock = parts.clock;
    this.#ground = parts.ground;
    this.#link = parts.link;
    this.#counter = parts.counter;
    this.#board = parts.board;
    this.#arrivals = parts.arrivals;
  }

  async run(): Promise<FlightOutcome> {
    const { scenario, folder, progress } = this.#options;
    this.#board.boot();
    const records: PassRecord[] = [];
    for (const [i, pass] of this.#passes.entries()) {
      const plan = scenario.passes[i] ?? { images: 0, patches: 0, events: [] };
      const isLast = i >= scenario.passes.length - 1;
      const scenes = await this.#takeScenes(i, plan, pass.aosMs);
      this.#due.push(...plan.events);
      const record = await this.#fly(i + 1, pass, scenes, isLast);
      records.push(record);
      progress.log(
        `pass ${i + 1}: ${record.offeredFrames} frames offered, ${record.acknowledgedFrames} acknowledged, ${record.waitingFrames} wait on board, ${record.gaps} missing`,
      );
      if (!this.#board.isRunning) break;
    }
    if (this.#due.length > 0) throw this.#neverHappened(this.#due[0]);
    const { quarantined } = await this.#ground.status();
    await this.#ground.stop();
    const store = await this.#store();
    return {
      passes: records,
      audit: await auditFlight(store, join(folder, 'archive', 'archive.duckdb')),
      scenes: this.#scenes,
      boots: this.#board.boots,
      powerCuts: this.#board.powerCuts,
      outages: this.#outages,
      peakRssBytes: this.#board.peakRssBytes,
      quarantined,
      failedScenes: store.totals.failed,
    };
  }

  async end(): Promise<void> {
    await this.#board.close();
    await this.#link.close();
    await this.#ground.stop();
  }

  /** Takes the scenes of the hours before a pass, and waits until the board has worked on all of them. */
  async #takeScenes(index: number, plan: Scenario['passes'][number], aosMs: number): Promise<number> {
    const { seed, folder, source } = this.#options;
    const scenes = drawScenes(source, plan, seed, this.#scenes.length + 1);
    const random = Random.of(seed, `times ${index}`);
    const fromMs = this.#clock.now();
    const times = scenes.map(() => fromMs + random.uniform() * (aosMs - 60_000 - fromMs)).sort((a, b) => a - b);
    for (const [i, scene] of scenes.entries()) {
      this.#clock.stepTo(times[i]);
      await deliver(scene, source, join(folder, 'frames'), seed);
    }
    this.#scenes.push(...scenes);
    const deadline = performance.now() + LONGEST_WORK_MS;
    while (!(await this.#hasWorkedOnAll())) {
      this.#requireBoard();
      if (performance.now() > deadline) throw this.#stuck('the board does not finish its scenes');
      await sleep(4 * POLL_MS);
    }
    return scenes.length;
  }

  async #hasWorkedOnAll(): Promise<boolean> {
    const { done, failed, ignored } = (await this.#storeIfAny())?.totals ?? { done: -1, failed: 0, ignored: 0 };
    return done + failed + ignored >= this.#scenes.length;
  }

  async #fly(number: number, pass: Pass, scenes: number, isLast: boolean): Promise<PassRecord> {
    const { scenario } = this.#options;
    const before = { store: await this.#store(), ground: await this.#ground.status() };
    this.#link.takeTraffic();
    this.#counter.take();
    this.#arrivals.beginPass();
    this.#clock.stepTo(pass.aosMs);
    this.#clock.setRate(scenario.clockRate);
    this.#link.open();
    const happened = await this.#failures(before.store.waiting.frames, pass.losMs);
    const drained = await this.#untilDrained(pass.losMs);
    if (drained && isLast) await this.#stopBoard();
    else if (drained) this.#clock.stepTo(pass.losMs);
    this.#link.shut();
    this.#clock.setRate(1);

    const ground = await this.#settledStatus();
    const store = await this.#store();
    const acknowledgedFrames = store.totals.acknowledged - this.#acknowledged;
    this.#acknowledged = store.totals.acknowledged;
    const counts = this.#counter.take();
    const { downBytes, upBytes, lostBytes } = this.#link.takeTraffic();
    const orbit = orbitOf(scenario.tle);
    const step = (pass.losMs - pass.aosMs) / (ELEVATION_POINTS - 1);
    return {
      number,
      ...pass,
      elevationDeg: Array.from({ length: ELEVATION_POINTS }, (_, i) =>
        orbit.elevationDeg(scenario.station, pass.aosMs + i * step),
      ),
      archived: this.#arrivals.curve(),
      events: happened,
      scenes,
      offeredFrames: before.store.waiting.frames,
      offeredBytes: before.store.waiting.bytes,
      sentFrames: counts.frames,
      retransmittedFrames: counts.repeated,
      downBytes,
      upBytes,
      lostBytes,
      acknowledgedFrames,
      duplicatesDropped: ground.duplicatesDropped - before.ground.duplicatesDropped,
      gaps: ground.gaps,
      waitingFrames: store.waiting.frames,
      received: await this.#ground.scenes(),
    };
  }

  /** Lets the events that are due happen as the pass goes on; those for which it is too short wait for the next. */
  async #failures(offeredFrames: number, losMs: number): Promise<TimelineEvent[]> {
    const happened: TimelineEvent[] = [];
    this.#due.sort((a, b) => a.atShare - b.atShare);
    for (let event = this.#due[0]; event !== undefined; event = this.#due[0]) {
      const frames = Math.max(1, Math.ceil(event.atShare * offeredFrames));
      if (!(await this.#untilArchived(frames, losMs))) break;
      this.#due.shift();
      happened.push(await this.#happen(event, losMs));
    }
    return happened;
  }

  async #stopBoard(): Promise<void> {
    const { exitCode } = await this.#board.stop(LONGEST_STOP_MS);
    if (exitCode !== 0) throw this.#stuck(`the board ended with exit code ${exitCode}`);
  }

  /** Waits until so many frames of this pass are archived; false when the pass ends first. */
  async #untilArchived(frames: number, losMs: number): Promise<boolean> {
    while (this.#arrivals.inPass < frames) {
      this.#requireBoard();
      if (this.#clock.now() >= losMs) return false;
      await sleep(2);
    }
    return true;
  }

  async #happen(event: ScenarioEvent, losMs: number): Promise<TimelineEvent> {
    const fromMs = this.#clock.now();
    if (event.kind === 'outage') {
      this.#outages++;
      this.#link.shut();
      await this.#clock.until(fromMs + event.seconds * 1000);
      this.#link.open();
      return { kind: 'outage', fromMs, untilMs: this.#clock.now() };
    }
    const bootBefore = this.#arrivals.newestBoot;
    const gone = this.#board.powerCut();
    this.#link.cut(); // what the radio still held goes with the power
    await gone;
    this.#board.boot();
    // back is who is heard again, not who is merely switched on
    while (this.#arrivals.newestBoot === bootBefore && this.#clock.now() < losMs) {
      this.#requireBoard();
      await sleep(2);
    }
    return { kind: 'powerCut', fromMs, untilMs: Math.min(this.#clock.now(), losMs) };
  }

  /** Waits until nothing is left on board; false when the pass ends first. */
  async #untilDrained(losMs: number): Promise<boolean> {
    for (;;) {
      this.#requireBoard();
      if ((await this.#store()).waiting.frames === 0) return true;
      if (this.#clock.now() >= losMs) return false;
      await sleep(POLL_MS);
    }
  }

  /** Status once the ground has worked off what had reached it before the link went down. */
  async #settledStatus() {
    for (let last = -1; ; ) {
      const status = await this.#ground.status();
      const seen = status.receivedBytes;
      if (seen === last) return status;
      last = seen;
      await sleep(150);
    }
  }

  #store(): Promise<StoreStatus> {
    return readStoreStatus(join(this.#options.folder, 'store'));
  }

  /** The store, or undefined before the first boot has made it. */
  async #storeIfAny(): Promise<StoreStatus | undefined> {
    try {
      return await this.#store();
    } catch (thrown) {
      if (thrown instanceof NadirError) return undefined;
      throw thrown;
    }
  }

  #requireBoard(): void {
    if (this.#board.isRunning) return;
    const { cause, exitCode } = this.#board.lastEnd ?? { cause: 'by itself', exitCode: null };
    throw this.#stuck(
      cause === 'out of memory'
        ? `the board took more memory than its limit of ${this.#options.memoryLimitBytes} bytes and was killed`
        : `the board has ended by itself, with exit code ${exitCode}`,
    );
  }

  #stuck(what: string): NadirError {
    const last = this.#board.lastLines.at(-1)?.slice(0, 300);
    return new NadirError({
      what: last ? `${what} (${last})` : what,
      where: join(this.#options.folder, 'board.log'),
      remedy: 'Read the log; it holds every boot',
    });
  }

  #neverHappened(event: ScenarioEvent): NadirError {
    return new NadirError({
      what: `no pass was long enough for the ${event.kind} at share ${event.atShare} to happen`,
      where: `scenario ${this.#options.scenario.name}`,
      remedy: 'Give the link a higher rate or the scenario an earlier event',
    });
  }
}
