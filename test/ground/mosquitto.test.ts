/** The ground against mosquitto, which speaks MQTT 5 and 3.1.1; skipped where it is not installed (`nadir doctor` says how to). */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { startGround } from '../../sdk/ground/index.ts';
import { Board, KEYS, later, MISSION, temporaryFolder, until } from './board.ts';

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
const installed = spawnSync('mosquitto', ['-h'], { env: { PATH } }).error === undefined;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function mosquitto(port: number): Promise<ChildProcess> {
  const config = join(await temporaryFolder(), 'mosquitto.conf');
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const child = spawn('mosquitto', ['-c', config], { env: { PATH }, stdio: 'ignore' });
  later(() => child.kill('SIGKILL'));
  await until('mosquitto to listen', async () => {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 }).catch(() => undefined);
    await client?.endAsync(true);
    return client !== undefined;
  });
  return child;
}

test.skipIf(!installed)('at MQTT 5, with the broker killed in the middle: everything is archived once', async () => {
  const port = await freePort();
  const first = await mosquitto(port);
  const broker = `mqtt://127.0.0.1:${port}`;
  const ground = await startGround({
    ...{ archive: await temporaryFolder(), mission: MISSION, commandKey: KEYS.privateKey, broker },
    timing: { beaconMs: 200, quietMs: 100 },
  });
  later(() => ground.stop());
  const board = new Board('sat');
  await board.connect(broker);
  await until('a beacon', () => board.uplinks.length > 0);
  for (let i = 0; i < 200; i++) board.soil(`s${i}`);
  const sending = board.sendAll();
  await until('some archived', () => board.store.size < 150);
  first.kill('SIGKILL');
  await sending;
  await mosquitto(port);
  await board.connect(broker);
  later(() => board.client?.endAsync(true));
  await board.sendAll();
  await until('empty store', () => board.store.size === 0);
  expect(await ground.status()).toMatchObject({ archived: 200, duplicatesArchived: 0, gaps: 0, quarantined: 0 });
});
