/** Kills the whole flight runtime, started as users start it, while camera frames come and the ground listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { modulePath, Random } from '../../sdk/base/index.ts';
import { DICTIONARY } from '../../sdk/link/index.ts';
import { readStoreStatus } from '../../sdk/onboard/index.ts';
import { ADDRESS, Broker, GroundStation } from './ground-station.ts';
import { deliver, image, someSpectralFrame, tinyMission, until } from './tiny-mission.ts';

export interface RuntimeKills {
  readonly kills: number;
  readonly cameraFrames: number;
  readonly produced: number;
  readonly archived: number;
  readonly duplicatesReceived: number;
  /** Sequences below an extent that did not arrive. */
  readonly gaps: number;
  /** Camera frames whose results arrived more or less than once. */
  readonly notOnce: number;
  readonly waiting: number;
  /** JSON document of the last run, which ended by SIGTERM. */
  readonly lastRun: { readonly boot: number; readonly resetReason: string };
}

/** Arguments of `nadir onboard` for a tiny mission in `dir`. */
export function onboardArguments(dir: string, trust: string, broker: string): string[] {
  return [
    modulePath('sdk/cli/main'),
    'onboard',
    '--json',
    ...[
      '--bundle',
      join(dir, 'bundle'),
      '--trust',
      trust,
      '--store',
      join(dir, 'store'),
      '--frames',
      join(dir, 'frames'),
    ],
    ...['--broker', broker, '--mission', ADDRESS.mission, '--craft', ADDRESS.craft],
    ...['--health-seconds', '0.2', '--drain-seconds', '20'],
  ];
}

export async function killRuntime(dir: string, kills: number, seed: number): Promise<RuntimeKills> {
  const random = Random.of(seed, 'runtime kills');
  const mission = await tinyMission(dir);
  const broker = await Broker.open();
  const ground = await GroundStation.listen(broker, mission.commandKey);
  try {
    const args = onboardArguments(dir, mission.trustFile, broker.url);
    const frames = join(dir, 'frames');
    let cameraFrames = 0;
    const shoot = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const name = String(++cameraFrames).padStart(5, '0');
        if (cameraFrames % 3 === 0) await deliver(frames, `${name}.jpg`, image(cameraFrames));
        else await deliver(frames, `${name}.npz`, someSpectralFrame(cameraFrames));
      }
    };
    for (let kill = 0; kill < kills; kill++) {
      await shoot(30);
      const births = ground.births.length;
      const { child, gone } = start(args);
      // half of the kills come while it works and sends, half while it starts
      if (kill % 2 === 0) await until('a birth', () => ground.births.length > births);
      await new Promise((resolve) => setTimeout(resolve, random.uniform() * (kill % 2 === 0 ? 300 : 900)));
      child.kill('SIGKILL');
      await gone;
    }
    await shoot(3);
    const results = () =>
      ground.of('soil').length + ground.of('concepts').filter(({ values }) => values.layer === 0).length;
    const { child, gone, output } = start(args);
    for (let asked = 0; results() < cameraFrames && asked < 100; asked++) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      if (child.exitCode !== null) break;
      ground.askForMissing((await readStoreStatus(join(dir, 'store'))).extents.map(byIndex));
    }
    child.kill('SIGTERM');
    const code = await gone;
    if (code !== 0) throw new Error(`the runtime ended with ${code}: ${output.error}`);
    const status = await readStoreStatus(join(dir, 'store'));
    const gaps = status.extents.reduce(
      (sum, { boot, stream, last }) =>
        sum + last - ground.of(stream).filter((frame) => frame.boot === boot && frame.sequence <= last).length,
      0,
    );
    const times = new Map<string, number>();
    for (const { stream, values } of [...ground.of('soil'), ...ground.of('concepts')]) {
      const what = `${stream} ${values.layer ?? 0} ${values.source}`;
      times.set(what, (times.get(what) ?? 0) + 1);
    }
    const sources = new Set([...times.keys()].map((what) => what.split(' ')[2]));
    return {
      kills,
      cameraFrames,
      produced: status.totals.stored,
      archived: ground.archive.size,
      duplicatesReceived: ground.duplicates,
      gaps,
      notOnce: [...times.values()].filter((count) => count !== 1).length + Math.abs(sources.size - cameraFrames),
      waiting: status.waiting.frames,
      lastRun: JSON.parse(output.text),
    };
  } finally {
    ground.close();
    await broker.close();
  }
}

function start(args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { text: '', error: '' };
  child.stdout?.on('data', (text) => {
    output.text += text;
  });
  child.stderr?.on('data', (text) => {
    output.error += text;
  });
  const gone = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, gone, output };
}

function byIndex({ boot, stream, last }: { boot: number; stream: string; last: number }) {
  return { boot, stream: DICTIONARY.streams.findIndex(({ name }) => name === stream), last };
}
