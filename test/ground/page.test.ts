/** The live page over real HTTP: what it serves, to whom, and that a browser that comes back is given what it missed. */
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { type Ground, startGround } from '../../sdk/ground/index.ts';
import { Board, KEYS, later, MISSION, temporaryFolder, until } from './board.ts';

interface ServerEvent {
  readonly id?: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Server-sent events of the page, as a browser would parse them. */
function listen(ground: Ground, lastEventId?: number): { events: ServerEvent[]; close: () => void } {
  const events: ServerEvent[] = [];
  const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': String(lastEventId) };
  const asked = request(`${ground.pageUrl}events`, { headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(
          block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(':') + 2)]),
        );
        if (!fields.has('data')) continue;
        const id = fields.get('id');
        events.push({
          ...(id === undefined ? {} : { id: Number(id) }),
          event: fields.get('event') ?? '',
          data: JSON.parse(fields.get('data') ?? ''),
        });
      }
    });
    response.on('error', () => {});
  });
  asked.on('error', () => {});
  asked.end();
  later(() => asked.destroy());
  return { events, close: () => asked.destroy() };
}

const ids = (events: readonly ServerEvent[]) => events.flatMap(({ id }) => (id === undefined ? [] : [id]));

async function start(): Promise<{ ground: Ground; board: Board }> {
  const ground = await startGround({
    ...{ archive: await temporaryFolder(), mission: MISSION, commandKey: KEYS.privateKey, page: 0 },
  });
  later(() => ground.stop());
  const board = new Board('sat');
  await board.connect(ground.brokerUrl);
  later(() => board.client?.endAsync(true));
  return { ground, board };
}

test('frames come live with their archive row as id, and a page that was away gets exactly what it missed', async () => {
  const { ground, board } = await start();
  const first = listen(ground);
  await until('the page to listen', () => first.events.length > 0);
  await board.send(board.event('one'), board.soil('a', [3, 4]), board.event('two'));
  await until('three frames', () => ids(first.events).length === 3);
  first.close();
  for (let i = 0; i < 700; i++) void board.send(board.soil(`s${i}`));
  await until('archived', () => board.store.size === 0);
  const second = listen(ground, 2);
  await until('the rest', () => ids(second.events).length === 701);
  expect(ids(second.events)).toEqual(Array.from({ length: 701 }, (_, i) => i + 3));
  await board.send(board.event('three'));
  await until('live again', () => ids(second.events).at(-1) === 704);
  const event = second.events.find(({ id }) => id === 704);
  expect(event).toMatchObject({ event: 'frame', data: { craft: 'sat', stream: 'event', values: { code: 'three' } } });
  const status = second.events.find(({ event: name }) => name === 'status');
  expect(status?.data).toMatchObject({ archived: 703, gaps: 0, crafts: [{ craft: 'sat', link: 'up' }] });
  const soil = second.events.filter(({ event: name }) => name === 'soil').at(-1);
  expect(soil?.data).toHaveLength(8);
  const newcomer = listen(ground);
  await until('the events so far', () => ids(newcomer.events).length === 3);
  const told = first.events.filter(({ event, data }) => event === 'frame' && data.stream === 'event');
  expect(ids(newcomer.events)).toEqual([...ids(told), 704]);
});

test('the page runs only its own script and asks no other host', async () => {
  const { ground } = await start();
  const response = await fetch(ground.pageUrl ?? '');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
  const text = await response.text();
  expect(text).toContain(`<h1>${MISSION}</h1>`);
  expect(text).not.toMatch(/https?:\/\//);
  const [script] = /(?<=<script>)[\s\S]*(?=<\/script>)/.exec(text) ?? [''];
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(script))).toString('base64');
  expect(policy).toContain(`'sha256-${hash}'`);
  expect(await (await fetch(`${ground.pageUrl}status`)).json()).toMatchObject({ mission: MISSION, archived: 0 });
});

test('answers only reads, by its own name', async () => {
  const { ground } = await start();
  const url = new URL(ground.pageUrl ?? '');
  const status = (options: object) =>
    new Promise((resolve) => request(url, options, (response) => resolve(response.resume().statusCode)).end());
  expect(await status({ headers: { Host: `evil.example:${url.port}` } })).toBe(403);
  expect(await status({ method: 'POST' })).toBe(405);
  expect(await status({ path: '/../etc/passwd' })).toBe(404);
  expect(await status({ path: '//[' })).toBe(404);
});
