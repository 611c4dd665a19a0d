import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ChildBoard } from '../../sim/board.ts';
import { SimulatedClock } from '../../sim/clock.ts';

let folder: string;
let board: ChildBoard | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-board-'));
});
afterEach(async () => {
  await board?.close();
  board = undefined;
  await rm(folder, { recursive: true, force: true });
});

const MIB = 2 ** 20;

async function boardRunning(script: string, memoryLimitBytes = 512 * MIB, clock = new SimulatedClock(1e12)) {
  const path = join(folder, 'script.mjs');
  await writeFile(path, script);
  board = new ChildBoard({ command: () => [path], memoryLimitBytes, clock, logPath: join(folder, 'board.log') });
  board.boot();
  return board;
}

async function logHas(text: string): Promise<string> {
  for (;;) {
    const log = await readFile(join(folder, 'board.log'), 'utf8').catch(() => '');
    if (log.includes(text)) return log;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a power cut ends the process at once, without its handlers, and it boots again', async () => {
  const script = `
    process.on('SIGTERM', () => console.log('asked'));
    process.on('exit', () => console.log('said goodbye'));
    setInterval(() => {}, 1000);
    console.log('up', process.execArgv.join(' '));`;
  const running = await boardRunning(script);
  expect(await logHas('up')).toContain('--max-old-space-size=256');
  expect(await running.powerCut()).toEqual({ cause: 'power cut', exitCode: null });
  expect(running.isRunning).toBe(false);
  running.boot();
  await running.powerCut();
  expect(running.boots).toBe(2);
  expect(running.powerCuts).toBe(2);
  expect(await readFile(join(folder, 'board.log'), 'utf8')).not.toMatch(/asked|goodbye/);
});

test('a stop lets the runtime finish', async () => {
  const script = `
    process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
    setInterval(() => {}, 1000);
    console.log('up');`;
  const running = await boardRunning(script);
  await logHas('up');
  expect(await running.stop(20_000)).toEqual({ cause: 'stopped', exitCode: 0 });
  expect(running.lastLines).toContain('drained');
});

test('a runtime that takes more memory than the profile has is killed', async () => {
  const script = `
    const kept = [];
    setInterval(() => kept.push(Buffer.alloc(8 * ${MIB}, 1)), 10);`;
  const running = await boardRunning(script, 200 * MIB);
  expect(await running.ended).toEqual({ cause: 'out of memory', exitCode: null });
  expect(running.peakRssBytes).toBeGreaterThan(200 * MIB);
});

test('an end that nobody asked for says so', async () => {
  const running = await boardRunning('process.exit(7)');
  expect(await running.ended).toEqual({ cause: 'by itself', exitCode: 7 });
});

test('the board lives in simulated time', async () => {
  const clock = new SimulatedClock(1_700_000_000_000, 0);
  await boardRunning(
    `process.on('message', ({ clock }) => console.log(JSON.stringify(clock))); console.log('up');`,
    512 * MIB,
    clock,
  );
  await logHas('{"timeMs":1700000000000,"rate":0}');
  clock.stepTo(1_700_000_600_000);
  await logHas('{"timeMs":1700000600000,"rate":0}');
});
