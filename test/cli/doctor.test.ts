import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkAmount, checkRuntime, findProgram, versionIn } from '../../sdk/cli/doctor.ts';
import { scratch } from '../bundle/sample.ts';

const folder = scratch();

test('nadir doctor says what is there and what is not, and ends 0 where everything required is', () => {
  const outcome = spawnSync(process.execPath, ['bin/nadir.mjs', 'doctor', '--json'], { encoding: 'utf8' });
  expect(outcome.status).toBe(0);
  const { healthy, checks } = JSON.parse(outcome.stdout);
  expect(healthy).toBe(true);
  const byName = new Map(checks.map((check: { name: string }) => [check.name, check]));
  expect(byName.get('Node')).toMatchObject({ required: true, have: true });
  expect(byName.get('onnxruntime')).toMatchObject({ required: true, have: true });
  for (const name of [
    'cores',
    'memory',
    'free disk',
    'QEMU (arm64)',
    'Chromium',
    'mosquitto',
    'TensorFlow Lite',
    'PostgreSQL',
  ])
    expect(byName.get(name)).toMatchObject({ required: false, get: expect.stringMatching(/\w/) });
});

test('another Node than the pinned one is named and is a fault', () => {
  expect(checkRuntime('24.21.0', '24.21.0')).toMatchObject({ have: true, required: true, found: '24.21.0' });
  expect(checkRuntime('20.1.0', '24.21.0')).toMatchObject({ have: false, found: '20.1.0, not the pinned 24.21.0' });
});

test('amounts are compared in bytes and told in GiB', () => {
  expect(checkAmount('memory', 3 * 2 ** 30, 4 * 2 ** 30, 'training', 'more')).toMatchObject({
    have: false,
    required: false,
    found: '3.0 GiB, 4.0 GiB advised',
  });
  expect(checkAmount('memory', 4 * 2 ** 30, 4 * 2 ** 30, 'training', 'more').have).toBe(true);
});

test('a program is found by any of its names, in the order of the names, and only if it can be run', async () => {
  const [a, b] = [join(await folder(), 'a'), join(await folder(), 'b')];
  await mkdir(a);
  await mkdir(b);
  await writeFile(join(a, 'google-chrome'), '');
  await writeFile(join(b, 'google-chrome'), '');
  await chmod(join(b, 'google-chrome'), 0o755);
  expect(await findProgram(['chromium', 'google-chrome'], [a, b])).toBe(join(b, 'google-chrome'));
  expect(await findProgram(['mosquitto'], [a, b])).toBeUndefined();
});

test.each([
  ['QEMU emulator version 7.2.9 (Debian 1:7.2+dfsg-7)', '7.2.9'],
  ['mosquitto version 2.0.11\n\nmosquitto is an MQTT v5.0/v3.1.1/v3.1 broker.', '2.0.11'],
  ['psql (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)', '15.8'],
  ['no version here', undefined],
])('the version in %j', (text, version) => {
  expect(versionIn(text)).toBe(version);
});
