/** Kills a process that works a store, again and again at random instants, and counts what is wrong afterwards. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT, Random } from '../../sdk/base/index.ts';
import { DICTIONARY, decodeFrame } from '../../sdk/link/index.ts';
import { FrameStore } from '../../sdk/onboard/store.ts';

/** Longest time from ready to the kill. */
const LONGEST_LIFE_MS = 150;

export interface StoreKills {
  readonly kills: number;
  readonly commits: number;
  readonly frames: number;
  /** Frames of a finished commit that are neither in the store nor in the archive. */
  readonly lost: number;
  /** Camera frames whose results are there more or less than once. */
  readonly notOnce: number;
  /** Sequences below an extent that are nowhere. */
  readonly holes: number;
  /** Counters that went back. */
  readonly countersBack: number;
  readonly worstReopenMs: number;
}

/** `dir` is an empty folder. Every fourth kill comes while the process still starts. */
export async function killStore(dir: string, kills: number, seed: number): Promise<StoreKills> {
  const random = Random.of(seed, 'store kills');
  for (let kill = 0; kill < kills; kill++) await liveAndDie(dir, kill % 4 === 3, random);
  return judge(dir, kills);
}

async function liveAndDie(dir: string, early: boolean, random: Random): Promise<void> {
  const script = join(PACKAGE_ROOT, 'test', 'onboard', 'store-child.ts');
  const child = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr?.on('data', (text) => {
    complaint += text;
  });
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  if (!early) await Promise.race([gone, new Promise((resolve) => child.once('message', resolve))]);
  const delay = random.uniform() * (early ? 400 : LONGEST_LIFE_MS);
  await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, delay))]);
  child.kill('SIGKILL');
  if ((await gone) !== 'SIGKILL') throw new Error(`the store's process ended by itself: ${complaint}`);
}

async function judge(dir: string, kills: number): Promise<StoreKills> {
  const log = linesOf(join(dir, 'committed.log')).map((line) => line.split(' '));
  const started = performance.now();
  const store = new FrameStore(join(dir, 'store'));
  const worstReopenMs = performance.now() - started;
  /** What each frame is a result of, by `stream/boot/sequence`. */
  const frames = new Map<string, string>();
  for (const line of linesOf(join(dir, 'archive.log'))) {
    const [key, ...what] = line.split(' ');
    frames.set(key, `${key.split('/')[0]} ${what.join(' ')}`);
  }
  for (const lane of store.lanes()) {
    for (const key of store.keysAfter(lane, undefined, 1e9)) {
      const bytes = store.read(key);
      if (typeof bytes === 'string') throw new Error(`a frame is ${bytes}`);
      const { values } = decodeFrame(DICTIONARY, bytes);
      frames.set(`${key.stream}/${key.boot}/${key.sequence}`, `${key.stream} ${values.layer ?? 0} ${values.source}`);
    }
  }
  const finished = log.filter(([kind]) => kind === 'frame').map(([, key]) => key);
  const times = new Map<string, number>();
  for (const what of frames.values()) times.set(what, (times.get(what) ?? 0) + 1);
  const done = store.totals.done;
  const notOnce = [...times.values()].filter((count) => count !== 1).length + Math.abs(times.size - 3 * done);
  let holes = 0;
  let produced = 0;
  for (const { boot, stream, last } of store.extents()) {
    produced += last;
    for (let sequence = 1; sequence <= last; sequence++) if (!frames.has(`${stream}/${boot}/${sequence}`)) holes++;
  }
  const counters = log.filter(([kind]) => kind === 'counter').map(([, value]) => Number(value));
  const countersBack = [...counters, store.commandCounter].filter(
    (value, i, all) => i > 0 && value < all[i - 1],
  ).length;
  await store.close(false);
  return {
    kills,
    commits: done,
    frames: produced,
    lost: finished.filter((key) => !frames.has(key)).length,
    notOnce: notOnce + Math.abs(frames.size - produced),
    holes,
    countersBack,
    worstReopenMs,
  };
}

/** Whole lines; one that a kill cut off was never promised. */
function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}
