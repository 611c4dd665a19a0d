import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../sdk/base/index.ts';
import { dashboardHtml } from '../../sdk/concepts/dashboard/document.ts';
import type { PageData } from '../../sdk/concepts/dashboard/page-data.ts';
import { BARS } from '../../sdk/concepts/dashboard/spread.ts';
import { CHROMIUM } from '../chromium.ts';
import { Browser } from './browser.ts';
import { newFolder } from './scenes.ts';
import { HOSTILE } from './tiny-model.ts';

const N = 4000;
const IMAGES = 64;
const path = join(newFolder(), 'dashboard.html');
const data = someData();

/** A page's data of 4,000 latents, every second of them named; the last never shows. */
function someData(): PageData {
  const random = new Random(11);
  const latents = Array.from({ length: N }, (_, latent) => latent);
  const image = () => [random.below(IMAGES), random.uniform()] as const;
  const name = latents.map((latent) => (latent % 2 === 0 ? `name ${(latent * 7919) % N}` : null));
  name[40] = HOSTILE;
  const number = () => latents.map(() => Number(random.uniform().toFixed(4)));
  const active = latents.map((latent) => (latent === N - 1 ? 0 : 1 + random.below(1000)));
  return {
    ...{ rows: 1000, classes: ['crop', '<town>'], name, score: number(), active, mean: number(), largest: number() },
    files: Array.from({ length: IMAGES }, (_, i) => `crop/<scene>&${i}.jpg`),
    margin: number().map((margin, latent) => (name[latent] === null ? null : margin)),
    histogram: latents.map(() => Array.from({ length: BARS }, () => random.below(50))),
    near: latents.map(
      (latent) =>
        [
          [(latent + 1) % N, 0.9],
          [(latent + 2000) % N, 0.8],
        ] as const,
    ),
    effect: latents.map((latent) =>
      latent === N - 1 ? null : ([latent % 2, Number(random.normal().toFixed(3))] as const),
    ),
    stability: number(),
    pictures: latents.map((latent) =>
      latent === N - 1
        ? [[], [], []]
        : [Array.from({ length: 5 }, image), Array.from({ length: 3 }, image), Array.from({ length: 3 }, image)],
    ),
  };
}

/** Latents of the cards that are in the document, in reading order. */
const SHOWN = '[...document.querySelectorAll(".card")].map((card) => Number(card.dataset.latent))';
const TITLES = '[...document.querySelectorAll(".card h2")].map((title) => title.textContent)';
/** Sets a control as a user does. */
const set = (id: string, value: string, event: string) =>
  `(() => { const control = document.getElementById(${JSON.stringify(id)}); control.value = ${JSON.stringify(value)}; control.dispatchEvent(new Event(${JSON.stringify(event)})); })()`;

/** All latents in the order of a key, those without one last. */
function ordered(key: (latent: number) => number | null | undefined, falling: boolean): number[] {
  const missing = (latent: number) => (key(latent) === null ? 1 : 0);
  return data.name
    .map((_, latent) => latent)
    .sort((a, b) => missing(a) - missing(b) || (falling ? -1 : 1) * (Number(key(a)) - Number(key(b))) || a - b);
}

if (CHROMIUM === undefined) console.warn('skipped: the dashboard in a browser; there is no Chromium on this machine');

describe.skipIf(CHROMIUM === undefined)('a dashboard of 4,000 latents in a browser', () => {
  let browser: Browser;
  let shown: number[];

  beforeAll(async () => {
    const sheet = encode({ width: 256, height: 256, data: new Uint8Array(4 * 256 * 256).fill(90) }, 80).data;
    const sprites = { edge: 32, across: 8, perSheet: 64, sheets: [sheet] };
    await writeFile(path, dashboardHtml({ title: 'Concepts', subtitle: 'tiny', k: 64, data, sprites }));
    browser = await Browser.open(CHROMIUM ?? '');
    await browser.show(path);
  });

  afterAll(() => browser?.close());

  test('holds only the cards in view, wherever it is scrolled to', async () => {
    shown = await browser.run(SHOWN);
    expect(shown.length).toBeGreaterThan(5);
    expect(shown).toEqual(ordered((latent) => data.active[latent], true).slice(0, shown.length));
    await browser.run('scrollTo(0, document.body.scrollHeight)');
    const last = await browser.run<number[]>(SHOWN);
    expect(last.at(-1)).toBe(N - 1);
    expect(last.length).toBeLessThan(40);
    expect(await browser.run('document.querySelectorAll("*").length')).toBeLessThan(2500);
    await browser.run('scrollTo(0, 0)');
    expect(await browser.run(SHOWN)).toEqual(shown);
  });

  test.each([
    ['margin', (latent: number) => data.margin[latent]],
    ['mean', (latent: number) => data.mean[latent]],
    ['effect', (latent: number) => data.effect[latent] && Math.abs(data.effect[latent][1])],
    ['stability', (latent: number) => data.stability[latent]],
    ['latent', (latent: number) => latent],
  ])('sorts by %s, and the other way round', async (key, value) => {
    const falling = key !== 'latent';
    await browser.run(set('sort', key, 'change'));
    shown = await browser.run(SHOWN);
    expect(shown).toEqual(ordered(value, falling).slice(0, shown.length));
    await browser.run('document.getElementById("order").click()');
    shown = await browser.run(SHOWN);
    expect(shown).toEqual(ordered(value, !falling).slice(0, shown.length));
  });

  test('sorts by name, those without one last', async () => {
    await browser.run(set('sort', 'name', 'change'));
    const names = data.name
      .filter((name) => name !== null)
      .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
    const titles = await browser.run<string[]>(TITLES);
    expect(titles).toEqual(names.slice(0, titles.length));
  });

  test('shows names as text, never as markup', async () => {
    await browser.run(set('search', 'SNOW', 'input'));
    expect(await browser.run(TITLES)).toEqual([HOSTILE]);
    expect(await browser.run('document.querySelectorAll(".card b").length')).toBe(0);
    const label = await browser.run<string>('document.querySelector(".card .t").getAttribute("aria-label")');
    expect(label).toMatch(/^crop\/<scene>&\d+\.jpg, activation \d\.\d\d$/);
  });

  test('finds by text and by number, filters, and says how many', async () => {
    await browser.run(set('search', 'name 12', 'input'));
    const wanted = data.name.filter((name) => name?.includes('name 12')).length;
    expect(await browser.run('document.getElementById("count").value')).toBe(`${wanted} of 4,000 latents`);
    await browser.run(set('search', '#1234', 'input'));
    expect(await browser.run(SHOWN)).toEqual([1234]);
    await browser.run(set('search', '', 'input'));
    await browser.run(set('show', 'dead', 'change'));
    expect(await browser.run(SHOWN)).toEqual([N - 1]);
    await browser.run(set('show', 'named', 'change'));
    expect(await browser.run('document.getElementById("count").value')).toBe('2,000 of 4,000 latents');
    await browser.run(set('show', 'all', 'change'));
    await browser.run(set('moves', '1', 'change'));
    expect(await browser.run('document.getElementById("count").value')).toBe('1,999 of 4,000 latents');
    await browser.run(set('search', 'nothing is named so', 'input'));
    expect(await browser.run('getComputedStyle(document.getElementById("empty")).display')).toBe('block');
    await browser.run(set('moves', '', 'change'));
  });

  test('is used by keys alone', async () => {
    const focused = 'Number(document.activeElement.closest(".card")?.dataset.latent ?? -1)';
    await browser.run(set('search', '', 'input'));
    await browser.run(set('sort', 'latent', 'change'));
    await browser.run('document.activeElement.blur()');
    await browser.press('/');
    expect(await browser.run('document.activeElement.id')).toBe('search');
    await browser.press('ArrowDown');
    expect(await browser.run(focused)).toBe(0);
    await browser.press('ArrowRight');
    expect(await browser.run(focused)).toBe(1);
    const columns = await browser.run<number>('size.columns');
    for (let step = 0; step < 12; step++) await browser.press('ArrowDown');
    expect(await browser.run(focused)).toBe(1 + 12 * columns);
    const box = await browser.run<{ top: number; bottom: number }>(
      'document.activeElement.getBoundingClientRect().toJSON()',
    );
    expect(box.top).toBeGreaterThanOrEqual(0);
    expect(box.bottom).toBeLessThanOrEqual(900);
    await browser.press('End');
    expect(await browser.run(focused)).toBe(N - 1);
    await browser.press('Home');
    expect(await browser.run(focused)).toBe(0);
    // one card is a stop of Tab, with its buttons
    expect(await browser.run('document.querySelectorAll(".card[tabindex=\'0\']").length')).toBe(1);
    await browser.run('document.activeElement.querySelectorAll("button")[1].click()');
    expect(await browser.run(focused)).toBe(2000);
  });

  test('goes to a latent that the choice leaves out, or that its address names', async () => {
    await browser.run(set('search', '#7', 'input'));
    await browser.run('document.querySelectorAll(".near button")[1].click()');
    expect(await browser.run('document.activeElement.dataset.latent')).toBe('2007');
    expect(await browser.run('document.getElementById("search").value')).toBe('');
    await browser.run('location.hash = "#latent-3001"');
    await browser.run('new Promise((done) => setTimeout(done, 50))');
    expect(await browser.run('document.querySelector(".card.found").dataset.latent')).toBe('3001');
  });

  test('lays out anew for a narrow, dark window, and asks for nothing outside itself', async () => {
    await browser.show(path, { width: 400, height: 700, dark: true });
    expect(await browser.run('size.columns')).toBe(1);
    expect(await browser.run('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    const [red] = (await browser.run<string>('getComputedStyle(document.body).backgroundColor')).match(/\d+/g) ?? [];
    expect(Number(red)).toBeLessThan(60);
    const asked = await browser.run<string[]>('performance.getEntriesByType("resource").map(({ name }) => name)');
    expect(asked.filter((name) => !name.startsWith('data:'))).toEqual([]);
    expect(browser.errors).toEqual([]);
  });
});
