import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Random, writeNpy } from '../../sdk/base/index.ts';
import { removeCheckpoint } from '../../sdk/sae/checkpoint.ts';
import { parseSafeTensors, trainSae } from '../../sdk/sae/index.ts';
import { writeParquet } from '../concepts/shards/write-parquet.ts';
import { resumeCase } from './resume-case.ts';

const WORKER = fileURLToPath(new URL('training-worker.ts', import.meta.url));
const CHECKPOINT = 'checkpoint.safetensors';
const newFolder = () => mkdtempSync(join(tmpdir(), 'nadir-resume-'));
const start = (kind: string, folder: string, out: string, shards?: string) =>
  spawn(process.execPath, [WORKER, kind, folder, out, ...(shards ? [shards] : [])], { stdio: 'ignore' });

/** The case's rows in two shards, one of them Parquet. */
async function writeShards(): Promise<string> {
  const folder = newFolder();
  const { data, d } = resumeCase('msae');
  await writeParquet(join(folder, 'a.parquet'), data.subarray(0, 200 * d), d, 50);
  await writeNpy(join(folder, 'b.npy'), { shape: [100, d], data: data.slice(200 * d) });
  return folder;
}

/** Steps that the folder's checkpoint has behind it. */
function stepsIn(folder: string): number {
  if (!existsSync(join(folder, CHECKPOINT))) return 0;
  const { metadata } = parseSafeTensors(readFileSync(join(folder, CHECKPOINT)), CHECKPOINT);
  return Number((JSON.parse(metadata.state) as { step: number }).step);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('a training that keeps itself on disk', () => {
  test.each([
    ['msae', 'in memory'],
    ['batchtopk', 'in memory'],
    ['jumprelu', 'in memory'],
    ['msae', 'streamed from shards'],
  ])(
    'ends, after kills at three moments, with the bytes of one that was never stopped: %s, %s',
    async (kind, where) => {
      const shards = where === 'in memory' ? undefined : await writeShards();
      const whole = join(newFolder(), 'whole');
      const first = start(kind, newFolder(), whole, shards);
      const random = Random.of(3, `moments of ${kind}`);
      const folder = newFolder();
      const resumed = join(newFolder(), 'resumed');
      // moments fall anywhere: in a step, in the writing of a checkpoint, across the end of an epoch
      let killedAt = 0;
      for (let kill = 0; kill < 3; kill++) {
        const moment = killedAt + 3 + random.below(12);
        const child = start(kind, folder, resumed, shards);
        while (stepsIn(folder) < moment && child.exitCode === null) await wait(1);
        await wait(4 * random.uniform());
        child.kill('SIGKILL');
        await ended(child);
        expect(child.signalCode).toBe('SIGKILL');
        killedAt = stepsIn(folder);
        expect(killedAt).toBeGreaterThanOrEqual(moment);
      }
      await ended(start(kind, folder, resumed, shards));
      await ended(first);
      expect(readFileSync(resumed, 'utf8')).toBe(readFileSync(whole, 'utf8'));
      expect(readdirSync(folder)).toEqual([CHECKPOINT]);
    },
  );

  test('refuses the checkpoint of other data or options and a damaged one, and begins anew once it is removed', async () => {
    const { data, d, options } = resumeCase('topk');
    const folder = newFolder();
    const checkpoint = { folder, everySeconds: 0 };
    const plain = await trainSae(data, d, options);
    expect((await trainSae(data, d, { ...options, checkpoint })).weights).toEqual(plain.weights);
    // a finished one gives its result again
    expect((await trainSae(data, d, { ...options, checkpoint })).epochs).toEqual(plain.epochs);
    const other = trainSae(data, d, { ...options, seed: 6, checkpoint });
    await expect(other).rejects.toThrow(/checkpoint is of a training with other data or options/);
    const rows = trainSae(
      data.map((value) => value + 1e-3),
      d,
      { ...options, checkpoint },
    );
    await expect(rows).rejects.toThrow(/other data or options/);
    const bytes = readFileSync(join(folder, CHECKPOINT));
    writeFileSync(join(folder, CHECKPOINT), bytes.subarray(0, bytes.length - 7));
    await expect(trainSae(data, d, { ...options, checkpoint })).rejects.toThrow(/does not fit bytes/);
    await removeCheckpoint(folder);
    expect((await trainSae(data, d, { ...options, checkpoint })).weights).toEqual(plain.weights);
  });
});
