/**
 * A board as a child process: the pinned runtime with the device profile's memory limit, in the simulation's time, that can lose its
 * power at any moment.
 *
 * What is emulated: V8's old space is limited to half of the memory limit, and the resident set (VmRSS) is looked at ten times a
 * second; above the limit the process is killed as the kernel's OOM killer would. A peak between two looks can slip through, so the
 * kernel's own high-water mark (VmHWM) is kept and reported. Another processor or less disk is not emulated.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { NadirError } from '../sdk/base/index.ts';
import type { SimulatedClock } from './clock.ts';

export interface BoardOptions {
  /** Script and its arguments, as after `node`, for a boot at the given simulated time. */
  command(timeMs: number): readonly string[];
  readonly memoryLimitBytes: number;
  readonly clock: SimulatedClock;
  /** File that standard output and standard error go to, over all boots. */
  readonly logPath: string;
}

/** How a boot ended. */
export interface BoardEnd {
  readonly cause: 'power cut' | 'out of memory' | 'stopped' | 'by itself';
  readonly exitCode: number | null;
}

const LOOK_MS = 100;
const MIB = 2 ** 20;
/** Share of the memory limit that V8's old space may take; native memory (weights, store) needs the rest. */
const HEAP_SHARE = 0.5;
const KEPT_LINES = 200;

export class ChildBoard {
  readonly #options: BoardOptions;
  readonly #log: WriteStream;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #end: Promise<BoardEnd> | undefined;
  #lastEnd: BoardEnd | undefined;
  #cause: BoardEnd['cause'] = 'by itself';
  #boots = 0;
  #powerCuts = 0;
  #peakRss = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logPath, { flags: 'a' });
  }

  /** Boots so far. */
  get boots(): number {
    return this.#boots;
  }

  /** Power cuts so far. */
  get powerCuts(): number {
    return this.#powerCuts;
  }

  /** Largest resident set of any boot, by the kernel's own mark as last looked at. */
  get peakRssBytes(): number {
    return this.#peakRss;
  }

  /** Last lines of the log. */
  get lastLines(): readonly string[] {
    return this.#lines;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** How the last boot ended; undefined before its end. */
  get lastEnd(): BoardEnd | undefined {
    return this.#lastEnd;
  }

  /** How the present boot ends. */
  get ended(): Promise<BoardEnd> {
    if (!this.#end) throw new Error('the board was never booted');
    return this.#end;
  }

  /** Switches the power on. */
  boot(): void {
    if (this.#child) throw new Error('the board runs already');
    const { memoryLimitBytes, clock } = this.#options;
    const command = this.#options.command(clock.now());
    const heapMib = Math.max(64, Math.floor((memoryLimitBytes * HEAP_SHARE) / MIB));
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMib}`, ...command], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    });
    this.#child = child;
    this.#cause = 'by itself';
    this.#lastEnd = undefined;
    this.#boots++;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => this.#keep(bytes));
    const leave = clock.follow({
      // a message that comes too late for a dying process is nobody's error
      send: (message) => child.connected && child.send(message, () => {}),
    });
    const watch = setInterval(() => this.#look(child), LOOK_MS);
    this.#end = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode) => {
        clearInterval(watch);
        leave();
        this.#child = undefined;
        this.#lastEnd = { cause: this.#cause, exitCode };
        resolve(this.#lastEnd);
      });
    });
  }

  /** Cuts the power: the process is gone at once, whatever it was doing. */
  async powerCut(): Promise<BoardEnd> {
    if (this.#child) {
      this.#powerCuts++;
      this.#kill('power cut');
    }
    return this.ended;
  }

  /** Asks the runtime to finish and waits; after `timeoutMs` that counts as a failure of the board. */
  async stop(timeoutMs: number): Promise<BoardEnd> {
    this.#cause = 'stopped';
    this.#child?.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#child?.kill('SIGKILL');
        reject(
          new NadirError({
            what: `the board does not stop within ${timeoutMs / 1000} s`,
            where: this.#options.logPath,
            remedy: 'Read the last lines of its log',
          }),
        );
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of the log; a board that still runs is switched off. */
  async close(): Promise<void> {
    if (this.#child) {
      this.#kill('power cut');
      await this.ended;
    }
    await new Promise<void>((resolve) => this.#log.end(() => resolve()));
  }

  #kill(cause: BoardEnd['cause']): void {
    this.#cause = cause;
    this.#child?.kill('SIGKILL');
  }

  #look(child: ChildProcess): void {
    const memory = memoryOf(child.pid);
    if (!memory) return;
    this.#peakRss = Math.max(this.#peakRss, memory.peak);
    if (memory.now > this.#options.memoryLimitBytes) this.#kill('out of memory');
  }

  #keep(bytes: Buffer): void {
    this.#log.write(bytes);
    this.#lines.push(...bytes.toString('utf8').split('\n').filter(Boolean));
    this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT_LINES));
  }
}

/** Resident set of a process in bytes, now and at its highest; undefined when it is gone. */
function memoryOf(pid: number | undefined): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (key: string) => Number(new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]);
    const memory = { now: kib('VmRSS') * 1024, peak: kib('VmHWM') * 1024 };
    // a process that has just ended has no memory lines any more
    return Number.isFinite(memory.now) ? memory : undefined;
  } catch {
    return undefined;
  }
}
