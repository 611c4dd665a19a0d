/** `nadir doctor`: what this machine has and lacks for each part of Nadir, and how to get it. */
import { execFile } from 'node:child_process';
import { constants, readFileSync } from 'node:fs';
import { access, readdir, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { messageOf, PACKAGE_ROOT } from '../base/index.ts';
import { run, type SharedOptions, shared } from './run.ts';

/** One line of the doctor's list. */
export interface Check {
  readonly name: string;
  readonly required: boolean;
  readonly have: boolean;
  /** Version or amount found, or why it is not there. */
  readonly found: string;
  readonly purpose: string;
  readonly get: string;
}

const GIB = 2 ** 30;
const NPM_CI = 'run "npm ci" in the project';
/** Where Debian keeps programs that are not on an ordinary user's path. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

interface Program {
  readonly name: string;
  /** Any of these on the path will do. */
  readonly commands: readonly string[];
  readonly ask: string;
  readonly purpose: string;
  readonly get: string;
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'QEMU (arm64)',
    commands: ['qemu-system-aarch64'],
    ask: '--version',
    purpose: 'boots the flight image on an emulated board',
    get: 'apt install qemu-system-arm',
  },
  {
    name: 'Chromium',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    ask: '--version',
    purpose: 'pictures of the console and its tests',
    get: 'apt install chromium',
  },
  {
    name: 'mosquitto',
    commands: ['mosquitto'],
    ask: '-h',
    purpose: 'a broker of its own instead of the embedded one',
    get: 'apt install mosquitto',
  },
  {
    name: 'PostgreSQL',
    commands: ['postgres', 'psql'],
    ask: '--version',
    purpose: 'the archive of many ground workers',
    get: 'apt install postgresql',
  },
];

const PACKAGES = [
  { name: 'onnxruntime', module: 'onnxruntime-node', purpose: 'runs the models, here and on board' },
  { name: 'LMDB', module: 'lmdb', purpose: 'the crash-safe store on board' },
  { name: 'DuckDB', module: '@duckdb/node-api', purpose: 'the archive on the ground' },
] as const;

/** First version number in a program's answer, or undefined. */
export function versionIn(text: string): string | undefined {
  return /\b\d+(?:\.\d+)+\b/.exec(text)?.[0];
}

/** Path of the first of `commands` that is an executable in one of `folders`. */
export async function findProgram(
  commands: readonly string[],
  folders: readonly string[],
): Promise<string | undefined> {
  for (const command of commands) {
    for (const folder of folders) {
      const path = join(folder, command);
      if (await readable(path, constants.X_OK)) return path;
    }
  }
  return undefined;
}

/** Is the process running on the pinned Node that everything is tested on? */
export function checkRuntime(running: string, pinned: string): Check {
  return {
    name: 'Node',
    required: true,
    have: running === pinned,
    found: running === pinned ? running : `${running}, not the pinned ${pinned}`,
    purpose: 'the runtime, the same here and on board',
    get: `${NPM_CI} and start by "npx nadir"`,
  };
}

/** Is there at least `needed` of something counted in bytes? */
export function checkAmount(name: string, bytes: number, needed: number, purpose: string, get: string): Check {
  const have = bytes >= needed;
  const found = `${(bytes / GIB).toFixed(1)} GiB${have ? '' : `, ${(needed / GIB).toFixed(1)} GiB advised`}`;
  return { name, required: false, have, found, purpose, get };
}

/** Everything the doctor looks at on this machine, required things first. */
export async function examine(): Promise<Check[]> {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  const folders = [...(process.env.PATH ?? '').split(':').filter((folder) => folder !== ''), ...MORE_FOLDERS];
  const disk = await statfs(process.cwd());
  const cores = availableParallelism();
  return [
    checkRuntime(process.versions.node, manifest.optionalDependencies[`node-linux-${process.arch}`] ?? 'none'),
    ...(await Promise.all(PACKAGES.map((part) => checkPackage(part, manifest.dependencies[part.module])))),
    {
      name: 'cores',
      required: false,
      have: cores >= 2,
      found: `${cores} × ${cpus()[0]?.model.trim() ?? process.arch}`,
      purpose: 'training in parallel',
      get: 'a machine with 2 or more',
    },
    checkAmount('memory', totalmem(), 4 * GIB, 'training', 'a machine with more'),
    checkAmount('free disk', disk.bavail * disk.bsize, 2 * GIB, 'archives and images', 'free some, or work elsewhere'),
    ...(await Promise.all(PROGRAMS.map((program) => checkProgram(program, folders)))),
    await checkTflite(),
  ];
}

async function checkPackage(part: (typeof PACKAGES)[number], version: string): Promise<Check> {
  const common = { name: part.name, required: true, purpose: part.purpose, get: NPM_CI };
  try {
    await import(part.module);
    return { ...common, have: true, found: version };
  } catch (thrown) {
    return { ...common, have: false, found: messageOf(thrown).split('\n')[0] };
  }
}

async function checkProgram(program: Program, folders: readonly string[]): Promise<Check> {
  const { name, purpose, get } = program;
  const path = await findProgram(program.commands, folders);
  if (path === undefined) return { name, required: false, have: false, found: 'not found', purpose, get };
  // Some print their version with an exit code other than 0
  const answer = await promisify(execFile)(path, [program.ask], { timeout: 10_000 }).catch((failed) => failed);
  const version = versionIn(`${answer.stdout ?? ''} ${answer.stderr ?? ''}`);
  return { name, required: false, have: true, found: `${version ?? 'version unknown'} at ${path}`, purpose, get };
}

async function checkTflite(): Promise<Check> {
  const library = 'libtensorflowlite_c.so';
  const system = ['/usr/lib', '/usr/local/lib', `/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`];
  let path = await findFile(system.map((folder) => join(folder, library)));
  if (path === undefined) {
    const shipped = join(PACKAGE_ROOT, 'node_modules', 'tfjs-tflite-node', 'cc_deps');
    const entries = await readdir(shipped, { recursive: true }).catch(() => []);
    const cpu = process.arch === 'x64' ? /amd64|x86_64|x64/ : /arm64|aarch64/;
    path = await findFile(
      entries.filter((entry) => entry.endsWith(library) && cpu.test(entry)).map((entry) => join(shipped, entry)),
    );
  }
  return {
    name: 'TensorFlow Lite',
    required: false,
    have: path !== undefined,
    found: path ?? 'not found',
    purpose: 'int8 TFLite models, XNNPACK, Edge TPU',
    get: `"npm install tfjs-tflite-node" brings ${library}, or put one in /usr/local/lib`,
  };
}

async function findFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await readable(path, constants.R_OK)) return path;
  return undefined;
}

function readable(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

/** Adds `nadir doctor`. */
export function addDoctorCommand(program: Command): void {
  const doctor = program
    .command('doctor')
    .description('what this machine has and lacks, and how to get it; exit code 1 where something required lacks');
  shared(doctor).action((options: SharedOptions) =>
    run(
      options,
      async () => {
        const checks = await examine();
        const healthy = checks.every((check) => check.have || !check.required);
        if (!healthy) process.exitCode = 1;
        return { healthy, checks };
      },
      ({ checks }) => checks.map(line).join('\n'),
    ),
  );
}

function line(check: Check): string {
  const mark = check.have ? 'have' : check.required ? 'LACK' : 'lack';
  const remedy = check.have ? '' : ` (${check.purpose}): ${check.get}`;
  return `${mark}  ${check.name.padEnd(16)} ${check.found}${remedy}`;
}
