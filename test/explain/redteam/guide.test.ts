/** The example of "Read a red-team report", run as it stands there. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../../sdk/base/index.ts';
import { CHECKS } from '../../../sdk/explain/index.ts';

const guide = readFileSync(join(PACKAGE_ROOT, 'sdk/explain/redteam/README.md'), 'utf8');

test('the commands of the guide do what it says', () => {
  const commands = (/```sh\n([\s\S]*?)```/.exec(guide)?.[1] ?? '').trim().split('\n');
  expect(commands).toHaveLength(2);
  const folder = mkdtempSync(join(tmpdir(), 'nadir-guide-'));
  const run = (line: string) => {
    const [name, ...args] = line.split(' ');
    expect(name).toBe('nadir');
    const command = [join(PACKAGE_ROOT, 'sdk/cli/main.ts'), ...args, '--threads', '1'];
    return execFileSync(process.execPath, command, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  };
  run(commands[0]);
  expect(() => run(commands[1])).toThrow(expect.objectContaining({ status: 1 }));
  const { findings, counts } = JSON.parse(readFileSync(join(folder, 'out/redteam/findings.json'), 'utf8'));
  expect(counts.major).toBeGreaterThan(0);
  const of = (name: string) => findings.find(({ check }: { check: string }) => check === name);
  expect(of('shortcuts')).toMatchObject({ severity: 'major', passes: false });
  expect(of('shortcuts').evidence).toContain('the order of the rows alone reaches');
  expect(of('grouped-validation').passes).toBe(false);
  expect(of('grouped-validation').evidence).toContain('whole values of Field held out');
  expect(readFileSync(join(folder, 'out/redteam/report.html'), 'utf8')).toContain('Red-team report');
});

test('the guide lists every check under its number', () => {
  const listed = [...guide.matchAll(/^\| (\d+) \| `([a-z-]+)` \|/gm)].map(([, id, name]) => `${id} ${name}`);
  expect(listed).toEqual(CHECKS.map(({ id, name }) => `${id} ${name}`));
});
