/** Puts the parts of a flight together: ground, link, board and clock, none of them started but the ground. */
import type { KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { modulePath, type Progress } from '../sdk/base/index.ts';
import { type ConceptReader, type Ground, startGround } from '../sdk/ground/index.ts';
import { Arrivals } from './arrivals.ts';
import { ChildBoard } from './board.ts';
import { BEFORE_FIRST_PASS_MS, bookPasses } from './book-passes.ts';
import { SimulatedClock } from './clock.ts';
import { LinkEmulator } from './link.ts';
import { FrameCounter } from './mqtt-tap.ts';
import type { Pass } from './passes.ts';
import type { Scenario } from './scenario.ts';
import type { SceneSource } from './scenes.ts';

export interface FlightOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Folder of the flight: frames, store, archive and the board's log. */
  readonly folder: string;
  readonly bundle: string;
  /** Public key file that the board trusts bundles by. */
  readonly trustedKey: string;
  readonly commandKey: KeyObject;
  /** Device profile: its memory limit holds for the board's process. */
  readonly profile: string;
  readonly memoryLimitBytes: number;
  readonly source: SceneSource;
  readonly concepts?: ConceptReader;
  readonly progress: Progress;
}

export interface FlightParts {
  readonly passes: readonly Pass[];
  readonly clock: SimulatedClock;
  readonly ground: Ground;
  readonly link: LinkEmulator;
  readonly counter: FrameCounter;
  readonly board: ChildBoard;
  readonly arrivals: Arrivals;
}

/** How long a stopping board waits for acknowledgements. */
const DRAIN_SECONDS = 30;

/** Makes the parts. The link is down and the board is off. */
export async function assemble(options: FlightOptions): Promise<FlightParts> {
  const { scenario, folder } = options;
  const passes = bookPasses(scenario);
  const clock = new SimulatedClock(passes[0].aosMs - BEFORE_FIRST_PASS_MS);
  await mkdir(join(folder, 'frames'), { recursive: true });
  const arrivals = new Arrivals(clock);
  const ground = await startGround({
    archive: join(folder, 'archive'),
    mission: scenario.mission,
    commandKey: options.commandKey,
    ...(options.concepts ? { concepts: options.concepts } : {}),
    onFrames: (frames) => arrivals.add(frames),
    progress: options.progress,
  });
  const counter = new FrameCounter();
  const link = new LinkEmulator({
    host: '127.0.0.1',
    port: ground.brokerPort ?? 0,
    downBytesPerSecond: scenario.link.downBytesPerSecond * scenario.clockRate,
    upBytesPerSecond: scenario.link.upBytesPerSecond * scenario.clockRate,
    delayMs: scenario.link.delayMs,
    tap: () => counter.tap(),
  });
  const port = await link.listen();
  const board = new ChildBoard({
    command: (timeMs) => boardCommand(options, port, timeMs),
    memoryLimitBytes: options.memoryLimitBytes,
    clock,
    logPath: join(folder, 'board.log'),
  });
  return { passes, clock, ground, link, counter, board, arrivals };
}

function boardCommand(options: FlightOptions, brokerPort: number, timeMs: number): string[] {
  const { scenario, folder } = options;
  return [
    modulePath('sdk/cli/main'),
    'onboard',
    ...['--bundle', options.bundle, '--trust', options.trustedKey, '--profile', options.profile],
    ...['--frames', join(folder, 'frames'), '--store', join(folder, 'store')],
    ...['--broker', `mqtt://127.0.0.1:${brokerPort}`, '--mission', scenario.mission, '--craft', scenario.craft],
    ...['--clock-start', new Date(timeMs).toISOString(), '--drain-seconds', String(DRAIN_SECONDS), '--json'],
  ];
}
