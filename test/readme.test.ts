/** Every example of the README runs as it stands, in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT, shippedPath } from '../sdk/base/index.ts';

const readme = readFileSync(shippedPath('README.md'), 'utf8');
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, code]) => code);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nadir-readme-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

describe('README', () => {
  const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

  it('has examples', () => {
    expect(commands.length).toBeGreaterThanOrEqual(4);
    expect(blocks('ts')).not.toHaveLength(0);
  });

  it.each(commands)('%s', (line) => {
    const [npx, nadir, ...args] = line.split(' ');
    expect([npx, nadir]).toEqual(['npx', 'nadir']);
    expect(node([shippedPath('sdk', 'cli', 'main.ts'), ...args])).not.toBe('');
  });

  it.each(blocks('ts').map((code, i) => [i + 1, code]))('library example %i', (i, code) => {
    const script = join(folder, `example-${i}.ts`);
    writeFileSync(
      script,
      String(code).replace(/'nadir\/(\w+)'/g, (_, room) => `'${PACKAGE_ROOT}/sdk/${room}/index.ts'`),
    );
    expect(node([script])).toMatch(/\d/);
  });

  it('links only to files that exist', () => {
    for (const [, path] of readme.matchAll(/\]\(([^)h][^)]*)\)/g))
      expect(() => readFileSync(shippedPath(path))).not.toThrow();
  });
});
