import { spawn, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { killRuntime, onboardArguments } from './runtime-kills.ts';
import { openScene, temporaryFolder } from './scene.ts';
import { killStore } from './store-kills.ts';
import { tinyMission, until } from './tiny-mission.ts';

describe('kill -9', () => {
  it('of a process that works the store loses no committed frame, leaves no hole and repeats nothing', async () => {
    const figures = await killStore(temporaryFolder(), 12, 1);
    expect(figures).toMatchObject({ kills: 12, lost: 0, notOnce: 0, holes: 0, countersBack: 0 });
    expect(figures.commits).toBeGreaterThan(20);
  });

  it('of the whole runtime costs the ground nothing: every frame arrives, each camera frame once', async () => {
    const figures = await killRuntime(temporaryFolder(), 3, 1);
    expect(figures).toMatchObject({ kills: 3, gaps: 0, notOnce: 0, waiting: 0 });
    expect(figures.archived).toBe(figures.produced);
    expect(figures.lastRun.resetReason).toBe('unexpected reset');
  });
});

describe('nadir onboard', () => {
  const fly = (args: readonly string[]) => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, stderr };
  };

  it('lives in the time that its parent gives it, and ends at SIGTERM with its status as JSON and exit code 0', async () => {
    const { dir, mission, broker, ground } = await openScene();
    const args = [...onboardArguments(dir, mission.trustFile, broker.url), '--clock-start', '2030-01-01T00:00:00Z'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
    let text = '';
    child.stdout?.on('data', (bytes) => {
      text += bytes;
    });
    const code = new Promise((resolve) => child.on('close', resolve));
    await until('a health frame', () => ground.of('health').length > 0);
    const [first] = ground.of('health');
    expect(first.timeMs - Date.parse('2030-01-01T00:00:00Z')).toBeLessThan(60_000);
    const later = Date.parse('2031-01-01T00:00:00Z');
    child.send({ clock: { timeMs: later, rate: 0 } });
    await until('the new time', () => ground.of('health').some(({ timeMs }) => timeMs === later));
    child.kill('SIGTERM');
    expect(await code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ resetReason: 'first boot', mode: 'nominal', store: { frames: 0 } });
  });

  it('refuses a bundle of which one byte is changed, with one line and exit code 1', async () => {
    const dir = temporaryFolder();
    const mission = await tinyMission(dir);
    const path = join(mission.bundle, 'golden', 'soil.npz');
    const bytes = await readFile(path);
    await writeFile(path, bytes.with(50, bytes[50] ^ 1));
    const { status, stderr } = fly(onboardArguments(dir, mission.trustFile, 'mqtt://127.0.0.1:1'));
    expect(stderr).toMatch(/^nadir: .*golden\/soil\.npz.*\n$/);
    expect(status).toBe(1);
  });

  it('says which option is wrong, with exit code 2', async () => {
    const dir = temporaryFolder();
    const mission = await tinyMission(dir);
    const args = onboardArguments(dir, mission.trustFile, 'mqtt://127.0.0.1:1');
    expect(fly(args.map((arg) => (arg === 'one' ? 'o n e' : arg)))).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^nadir: topic segment "o n e".*--craft.*\n$/),
    });
    expect(fly([...args, '--profile', 'abacus'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^nadir: no device profile .*abacus.*\n$/),
    });
    expect(fly([...args, '--clock-start', 'noon']).status).toBe(2);
  });
});
