/** A headless Chromium for tests of pages, spoken to by its DevTools protocol; nothing outside the machine is reachable from it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class Browser {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #session = '';
  #next = 1;
  /** Errors that pages threw. */
  readonly errors: string[] = [];

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer: Answer & { params?: unknown } = JSON.parse(String(data));
      if (answer.method === 'Runtime.exceptionThrown') this.errors.push(JSON.stringify(answer.params));
      if (answer.id === undefined) return;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  static async open(program: string): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'nadir-browser-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', '--no-first-run'];
    const child = spawn(
      program,
      [...flags, '--host-resolver-rules=MAP * ~NOTFOUND', `--user-data-dir=${profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (bytes) => {
        said += bytes;
        const match = /listening on (ws:\S+)/.exec(said);
        if (match) resolve(match[1]);
      });
      child.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error('cannot speak to Chromium')));
    });
    return new Browser(child, profile, socket);
  }

  /** Opens a file in a window of this size, and waits until its script has run. */
  async show(
    path: string,
    {
      width = 1280,
      height = 900,
      dark = false,
      hash = '',
    }: { width?: number; height?: number; dark?: boolean; hash?: string } = {},
  ): Promise<void> {
    const { targetId } = await this.#send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.#send('Target.attachToTarget', { targetId, flatten: true });
    this.#session = String(sessionId);
    await this.#send('Runtime.enable');
    await this.#send('Page.enable');
    await this.#send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
    await this.#send('Emulation.setEmulatedMedia', { features });
    await this.#send('Page.navigate', { url: pathToFileURL(path).href + hash });
    for (let tries = 0; tries < 400; tries++) {
      if ((await this.run('location.href !== "about:blank" && document.readyState')) === 'complete') return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${path} does not load`);
  }

  /** Value of an expression in the page, after the frame that it causes. */
  async run<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send('Runtime.evaluate', {
      expression: `(async () => { const value = await (${expression}); await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))); return value; })()`,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: T }).value;
  }

  /** Presses a key, such as `ArrowDown`, or types a character. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : {};
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', key });
    await this.run('0');
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(String((await this.#send('Page.captureScreenshot')).data), 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#socket.close();
    this.#process.kill();
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 3 });
  }

  async #send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params, ...(this.#session && { sessionId: this.#session }) }));
    const { result = {}, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
