/** `nadir ground` as a process of its own: killed at random instants, stopped by signal, and its sub-commands. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT, Random } from '../../sdk/base/index.ts';
import { readArchiveStatus } from '../../sdk/ground/index.ts';
import { Board, KEYS, later, MISSION, temporaryFolder, until } from './board.ts';

const NADIR = join(PACKAGE_ROOT, 'sdk', 'cli', 'main.ts');

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly errors: () => string;
  readonly out: () => string;
}

async function keyFile(): Promise<string> {
  const path = join(await temporaryFolder(), 'command.key.pem');
  await writeFile(path, KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return path;
}

async function launch(archive: string, key: string, port: number, limits = ''): Promise<Running> {
  const args = ['--archive', archive, '--mission', MISSION, '--command-key', key, '--listen', `${port}`, '--page', '0'];
  const command = [process.execPath, NADIR, 'ground', ...args, '--json'];
  const child = spawn('sh', ['-c', `${limits} exec "$@"`, 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  later(() => child.kill('SIGKILL'));
  let errors = '';
  let out = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  child.stdout.on('data', (text) => {
    out += text;
  });
  await until('the ground to be up', () => {
    if (child.exitCode !== null) throw new Error(errors);
    return /live page at/.test(errors);
  });
  const url = /mqtt:\/\/127\.0\.0\.1:\d+/.exec(errors)?.[0] ?? '';
  return { child, url, errors: () => errors, out: () => out };
}

function nadir(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [NADIR, ...args], (error, out, errors) => {
      resolve({ code: error ? Number(error.code) : 0, out, errors });
    });
  });
}

test('killed again and again in the middle of a pass: every frame is archived once, and the counter never goes back', async () => {
  const archive = await temporaryFolder();
  const key = await keyFile();
  const random = Random.of(5, 'kills');
  const board = new Board('sat');
  let port = 0;
  let made = 0;
  for (let kill = 0; kill < 3; kill++) {
    const { child, url } = await launch(archive, key, port);
    port = Number(new URL(url).port);
    await board.connect(url);
    for (let i = 0; i < 60; i++) board.soil(`scene-${made++}`);
    const exited = once(child, 'exit');
    setTimeout(() => child.kill('SIGKILL'), 5 + random.below(60));
    await board.sendAll().catch(() => {});
    await exited;
    board.cut();
  }
  const { child, url, out } = await launch(archive, key, port);
  await board.connect(url);
  await board.sendAll();
  await until('empty store', () => board.store.size === 0);
  await board.client?.endAsync(true);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  const last = JSON.parse(out());
  expect(last).toMatchObject({ mission: MISSION, archived: made, duplicatesArchived: 0, gaps: 0, out: null, seed: 0 });
  expect(await readArchiveStatus(archive)).toMatchObject({ archived: made, duplicatesArchived: 0, gaps: 0 });
  const counters = board.uplinks.map(({ counter }) => counter);
  expect(counters.length).toBeGreaterThan(4);
  expect(counters.every((counter, i) => i === 0 || counter > counters[i - 1])).toBe(true);
});

test('a disk that is full: what did not fit is not acknowledged, and goes in once there is room', async () => {
  const archive = await temporaryFolder();
  const key = await keyFile();
  const board = new Board('sat');
  // no file of more than 600 blocks of 512 bytes, and a failed write instead of a signal
  const full = await launch(archive, key, 0, "trap '' XFSZ; ulimit -f 600;");
  await board.connect(full.url);
  for (let i = 0; i < 400; i++) board.soil(`scene-${i}`.padEnd(120, '.'), Array(32).fill(i / 7));
  const sending = board.sendAll();
  await until('a commit that fails', () => /did not commit/.test(full.errors()));
  await sending;
  expect(board.store.size).toBeGreaterThan(0);
  full.child.kill('SIGKILL');
  await once(full.child, 'exit');
  const held = (await readArchiveStatus(archive)).archived;
  expect(held).toBeGreaterThan(0);
  expect(board.store.size).toBeGreaterThanOrEqual(400 - held);
  const { child, url, out } = await launch(archive, key, 0);
  await board.connect(url);
  await board.sendAll();
  await until('empty store', () => board.store.size === 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  expect(JSON.parse(out())).toMatchObject({ archived: 400, duplicatesArchived: 0, gaps: 0 });
});

test('status and export are commands of their own; a running ground keeps its archive to itself', async () => {
  const archive = await temporaryFolder();
  const { child, url } = await launch(archive, await keyFile(), 0);
  const board = new Board('sat');
  await board.connect(url);
  await board.send(board.soil('a'), board.event('hello'));
  await until('acknowledged', () => board.store.size === 0);
  const busy = await nadir('ground', 'status', '--archive', archive);
  expect(busy).toMatchObject({ code: 1, out: '' });
  expect(busy.errors).toMatch(/^nadir: archive is in use: .*archive\.duckdb\. Stop .*\n$/);
  child.kill('SIGINT');
  await once(child, 'exit');
  const status = await nadir('ground', 'status', '--archive', archive, '--json');
  expect(JSON.parse(status.out)).toMatchObject({ archived: 2, duplicatesArchived: 0, gaps: 0, quarantined: 0 });
  const out = join(archive, 'parquet');
  const exported = await nadir('ground', 'export', '--archive', archive, '--out', out, '--json');
  expect(JSON.parse(exported.out)).toMatchObject({ out });
  expect(existsSync(join(out, 'soil.parquet'))).toBe(true);
});

test('wrong usage ends with 2 and one line that says what to add', async () => {
  const key = await keyFile();
  const archive = await temporaryFolder();
  const missing = await nadir('ground', '--archive', archive);
  expect(missing).toMatchObject({ code: 2, out: '' });
  expect(missing.errors).toBe('nadir: option missing: --mission NAME. Add it (see nadir ground --help)\n');
  await chmod(key, 0o644);
  const open = await nadir('ground', '--archive', archive, '--mission', 'm', '--command-key', key);
  expect(open.code).toBe(1);
  expect(open.errors).toMatch(/^nadir: private key is open to others.*chmod 600/);
});
