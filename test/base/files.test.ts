import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeAbandoned } from '../../sdk/base/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'nadir-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what a dead process left half written goes; what a living one writes, and everything else, stays', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const kept = ['model.json', `model.json.${process.pid}.partial`, 'notes.partial', '7.partial.txt'];
  for (const name of [...kept, `model.json.${child.pid}.partial`]) writeFileSync(join(folder, name), '');
  await removeAbandoned(folder);
  expect(readdirSync(folder).sort()).toEqual([...kept].sort());
  await removeAbandoned(join(folder, 'nowhere'));
});
