/** `nadir onboard`: the flight runtime as a process, from the command line to SIGTERM. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readPublicKey } from '../bundle/index.ts';
import {
  folderSource,
  type OnboardStatus,
  readDevice,
  SteppedClock,
  startOnboard,
  systemClock,
} from '../onboard/index.ts';
import { positive, run, type SharedOptions, shared, wholeNumber } from './run.ts';

interface OnboardCommandOptions extends SharedOptions {
  readonly bundle: string;
  readonly trust: string;
  readonly store: string;
  readonly frames: string;
  readonly broker: string;
  readonly mission: string;
  readonly craft: string;
  readonly profile: string;
  readonly healthSeconds: number;
  readonly drainSeconds: number;
  readonly clockStart?: number;
  readonly clockRate: number;
  readonly storeFrames: number;
  readonly storeMegabytes: number;
}

/** Adds `nadir onboard`. */
export function addOnboardCommand(program: Command): void {
  const command = program
    .command('onboard')
    .description('the flight runtime: camera frames in, soil estimates and concepts out, nothing lost; ends at SIGTERM')
    .requiredOption('--bundle <dir>', 'signed bundle that flies')
    .requiredOption('--trust <pub>', 'public key that must have signed it')
    .requiredOption('--store <dir>', 'folder of the crash-safe store')
    .requiredOption('--frames <dir>', 'folder that camera frames are renamed into (.npz spectral, .jpg images)')
    .requiredOption('--broker <url>', 'MQTT broker, such as mqtt://127.0.0.1:1883')
    .requiredOption('--mission <name>', 'mission, a segment of the topics')
    .requiredOption('--craft <name>', 'craft, a segment of the topics')
    .option('--profile <name>', 'device profile whose memory limit and cores it keeps to', 'generic-x64')
    .option('--health-seconds <s>', 'time between health frames', positive, 10)
    .option('--drain-seconds <s>', 'longest wait at the end for acknowledgements', seconds, 5)
    .option('--store-frames <n>', 'most frames that wait in the store', wholeNumber, 200_000)
    .option('--store-megabytes <n>', 'most megabytes that wait in the store', positive, 256)
    .addOption(
      new Option('--clock-start <iso>', 'on-board time to start at, instead of the system clock').argParser(time),
    )
    .option('--clock-rate <r>', 'on-board seconds a second', positive, 1);
  shared(command).action((options: OnboardCommandOptions) => run(options, () => fly(options), say));
}

async function fly(options: OnboardCommandOptions): Promise<OnboardStatus> {
  const device = await readDevice(options.profile);
  const handle = await startOnboard({
    bundle: options.bundle,
    trusted: [await readPublicKey(options.trust)],
    store: options.store,
    frames: folderSource(options.frames),
    broker: options.broker,
    mission: options.mission,
    craft: options.craft,
    clock: clockOf(options),
    threads: device.threads,
    memoryLimitBytes: device.memoryLimitBytes,
    limits: { frames: options.storeFrames, bytes: options.storeMegabytes * 1e6 },
    healthMs: options.healthSeconds * 1000,
    drainMs: options.drainSeconds * 1000,
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => handle.stop().catch(() => {})); // `ended` tells of it
  return handle.ended;
}

function clockOf({ clockStart, clockRate }: OnboardCommandOptions) {
  if (clockStart === undefined) return systemClock;
  const clock = new SteppedClock({ timeMs: clockStart, rate: clockRate });
  clock.followParent();
  return clock;
}

function say({ boot, mode, bundle, link, store }: OnboardStatus): string {
  return [
    `boot ${boot}, mode ${mode}, bundle ${bundle.slice(0, 12)}`,
    `${store.totals.stored} frames stored since launch, ${store.totals.acknowledged} acknowledged, ${store.totals.dropped} dropped, ${store.frames} waiting`,
    `${link.sessions} connections, ${link.sentFrames} frames and ${link.sentBytes} bytes sent in this boot`,
  ].join('\n');
}

function seconds(text: string): number {
  return Number(text) === 0 ? 0 : positive(text);
}

function time(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('must be a time such as 2026-03-01T10:00:00Z.');
  return value;
}
