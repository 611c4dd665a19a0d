/**
 * The live page, on 127.0.0.1 only: one document and a stream of server-sent events. Frames carry their archive row as event id, and a
 * browser that comes back says the last one it saw, so that it is given what it missed out of the archive: the page has no gaps of its own.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NadirError } from '../base/index.ts';
import type { Archive, Row } from './archive.ts';
import { PAGE_SCRIPT, PAGE_STYLE, pageHtml } from './page-document.ts';
import { gapOf } from './recall.ts';
import type { Scene } from './scenes.ts';
import type { GroundStatus } from './status.ts';

/** A page that is served. */
export interface Page {
  readonly url: string;
  /** Frames were archived: listeners are sent them now. */
  wake(): void;
  close(): Promise<void>;
}

/** What the page shows. */
export interface PageParts {
  readonly archive: Archive;
  readonly status: () => Promise<GroundStatus>;
  readonly scenes: (newest: number) => Promise<Scene[]>;
}

const HOST = '127.0.0.1';
const REFRESH_MS = 500;
/** A refresh is followed by a pause of so many times what it took: a long archive must not keep a core busy with drawing. */
const QUIET_TIMES = 9;
const MOST_LISTENERS = 16;
/** Events and answers that a browser without history is shown. */
const RECENT_EVENTS = 50;
const ROWS_AT_ONCE = 500;
/** Newest scenes looked at, and shown of each kind. */
const SCENES_READ = 64;
const SCENES_SHOWN = 8;
const NAMES_SHOWN = 6;
const GAPS_SHOWN = 40;

/** Serves the page. Port 0 takes a free one. Throws a NadirError when the port is taken. */
export async function openPage(port: number, parts: PageParts): Promise<Page> {
  const listeners = new Set<Listener>();
  const server = createServer((request, response) => {
    answer(request, response, parts, listeners).catch(() => response.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, resolve);
    });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const remedy = 'Give another --page PORT (0 takes a free one)';
    throw new NadirError({ what: `cannot serve the page (${code})`, where: `${HOST}:${port}`, remedy, cause });
  }
  let closed = false;
  let timer: NodeJS.Timeout;
  let refreshing: Promise<void> = Promise.resolve();
  const refresh = async () => {
    const started = performance.now();
    if (listeners.size > 0) {
      const text = await snapshot(parts).catch(() => undefined); // the archive may be closing: nobody is left to be told
      if (text !== undefined) for (const listener of listeners) listener.write(text);
    }
    if (closed) return;
    const waitMs = Math.max(REFRESH_MS, (performance.now() - started) * QUIET_TIMES);
    timer = setTimeout(() => {
      refreshing = refresh();
    }, waitMs);
  };
  refreshing = refresh();
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${bound}/`,
    wake() {
      for (const listener of listeners) void listener.pump();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      const last = [...listeners].map((listener) => listener.close());
      server.closeAllConnections();
      await Promise.all([ended, refreshing, ...last]);
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: PageParts,
  listeners: Set<Listener>,
): Promise<void> {
  const pathname = (request.url ?? '/').split('?', 1)[0];
  // A foreign page that has its name point to this address must not read ours
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (host !== HOST && host !== 'localhost') return plain(response, 403, 'this page is for 127.0.0.1');
  if (request.method !== 'GET') return plain(response, 405, 'GET only');
  if (pathname === '/') {
    const { mission } = parts.archive;
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers() }).end(pageHtml(mission));
  } else if (pathname === '/status') {
    const text = JSON.stringify(await parts.status());
    response.writeHead(200, { 'Content-Type': 'application/json', ...headers() }).end(text);
  } else if (pathname === '/events') {
    if (listeners.size >= MOST_LISTENERS) return plain(response, 503, 'too many open pages');
    const newest = parts.archive.nextRow - 1;
    const last = Number(request.headers['last-event-id']);
    const resumes = Number.isSafeInteger(last) && last > 0 && last <= newest;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', ...headers() });
    const listener = new Listener(parts.archive, response, resumes ? last : newest);
    listeners.add(listener);
    response.once('close', () => listeners.delete(listener));
    listener.write(`retry: 1000\n\n${await snapshot(parts)}`);
    if (!resumes) listener.write((await recentEvents(parts.archive, newest)).join(''));
    await listener.pump();
  } else {
    plain(response, 404, 'nothing here');
  }
}

/** One browser: reads the archive from where it is, at the speed that it takes. */
class Listener {
  readonly #archive: Archive;
  readonly #response: ServerResponse;
  #row: number;
  #again = false;
  #pumping: Promise<void> | undefined;

  constructor(archive: Archive, response: ServerResponse, row: number) {
    this.#archive = archive;
    this.#response = response;
    this.#row = row;
  }

  /** Sends the frames archived since the last one sent. */
  pump(): Promise<void> {
    this.#again = true;
    this.#pumping ??= this.#send().finally(() => {
      this.#pumping = undefined;
    });
    return this.#pumping;
  }

  /** False, and nothing written, once the browser is gone; a snapshot is left out while it is behind. */
  write(text: string): boolean {
    if (this.#response.writableEnded || this.#response.destroyed || this.#response.writableNeedDrain) return false;
    return this.#response.write(text);
  }

  async close(): Promise<void> {
    this.#response.destroy();
    await this.#pumping?.catch(() => {});
  }

  async #send(): Promise<void> {
    while (this.#again && !this.#response.destroyed) {
      this.#again = false;
      const rows = await this.#archive.query(`${FRAMES} WHERE row > $1 ORDER BY row LIMIT ${ROWS_AT_ONCE}`, [
        BigInt(this.#row),
      ]);
      for (const row of rows) {
        this.#row = Number(row.row);
        if (!this.#response.write(frameEvent(row))) await drained(this.#response);
        if (this.#response.destroyed) return;
      }
      if (rows.length === ROWS_AT_ONCE) this.#again = true;
    }
  }
}

/** Frames as the page is told of them: values only of streams that it prints. */
const FRAMES = `SELECT row::DOUBLE AS row, craft, boot::DOUBLE AS boot, stream, sequence::DOUBLE AS sequence,
    time_ms AS "timeMs", stored, received_ms AS "receivedMs", octet_length(bytes)::DOUBLE AS bytes,
    CASE WHEN stream IN ('event', 'ack', 'health') THEN "values" END AS "values" FROM frames`;

function frameEvent({ values, ...frame }: Row): string {
  const known = values === null ? {} : { values: JSON.parse(String(values)) };
  return `id: ${frame.row}\nevent: frame\ndata: ${JSON.stringify({ ...frame, ...known })}\n\n`;
}

/** The newest events and answers up to a row, oldest first. */
async function recentEvents(archive: Archive, upTo: number): Promise<string[]> {
  const rows = await archive.query(
    `FROM (${FRAMES} WHERE stream IN ('event', 'ack') AND row <= $1 ORDER BY row DESC LIMIT ${RECENT_EVENTS}) ORDER BY row`,
    [BigInt(upTo)],
  );
  return rows.map(frameEvent);
}

async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed || !response.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

/** Status, gaps and newest scenes as events without an id: they replace what was shown before. */
async function snapshot({ archive, status, scenes }: PageParts): Promise<string> {
  const gaps = await archive.query(
    `SELECT * FROM gaps ORDER BY state IN ('filled', 'expired'), id DESC LIMIT ${GAPS_SHOWN}`,
  );
  const newest = await scenes(SCENES_READ);
  const coded = newest.filter(({ layersJoined }) => layersJoined > 0).slice(0, SCENES_SHOWN);
  const events = {
    status: { ...(await status()), nowMs: Date.now() },
    gaps: gaps.map(gapOf),
    scenes: coded.map(({ embedding: _, concepts, ...scene }) => ({
      ...scene,
      names: [...new Set(concepts?.flatMap(({ name }) => name ?? []))].slice(0, NAMES_SHOWN),
    })),
    soil: newest
      .filter(({ estimate }) => estimate !== undefined)
      .slice(0, SCENES_SHOWN)
      .map(({ craft, source, estimate }) => ({ craft, source, estimate })),
  };
  return Object.entries(events)
    .map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...headers() }).end(`${text}\n`);
}

const hashed = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const POLICY = [
  "default-src 'none'",
  `script-src ${hashed(PAGE_SCRIPT)}`,
  `style-src ${hashed(PAGE_STYLE)}`,
  "connect-src 'self'",
  'img-src data:', // the empty icon, so that none is asked for
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function headers(): Record<string, string> {
  return {
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}
