/** The dashboard's document: data, sheets of thumbnails, style and script in one file that needs nothing else. */
import { html, raw } from '../../base/index.ts';
import type { PageData } from './page-data.ts';
import { SCRIPT } from './script.ts';
import type { Sprites } from './sprites.ts';
import { STYLE } from './style.ts';

export interface DashboardDocument {
  readonly title: string;
  /** One line: what the model is. */
  readonly subtitle: string;
  /** How many strongest latents of a row count. */
  readonly k: number;
  readonly data: PageData;
  readonly sprites: Sprites;
}

export function dashboardHtml({ title, subtitle, k, data, sprites }: DashboardDocument): string {
  const hasEffects = data.effect.some((effect) => effect !== null);
  const hasStability = data.stability.some((stability) => stability !== null);
  const { sheets, ...layout } = sprites;
  const styles = sheets.map(
    (sheet, i) => `.s${i}{background-image:url(data:image/jpeg;base64,${Buffer.from(sheet).toString('base64')})}`,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${title}</title><style>${raw(STYLE)}</style></head>
<body><header><div class="head"><h1>${title}</h1><p class="soft">${subtitle}</p></div>
<details><summary>How to read this</summary><dl>
<dt>Images</dt><dd>First row: where the latent is strongest. Below: from the middle of the scenes that show it, and where it only just shows. Hover over one for its file and activation.</dd>
<dt>% of scenes</dt><dd>The share of scenes among whose ${k} strongest latents it is. The histogram counts these scenes by activation, from 0 to the largest.</dd>
<dt>Mean</dt><dd>Mean activation in the scenes that show it.</dd>
<dt>Margin</dt><dd>By how much the name beats the runner-up. Latents without a valid name have none: look at their images.</dd>
${hasEffects && html`<dt>Moves</dt><dd>The class whose log-odds change most, in a linear classifier of the embeddings, when the latent is added at its mean activation.</dd>`}
${hasStability && html`<dt>Stability</dt><dd>Cosine of its atom and the nearest atom of another training.</dd>`}
<dt>Near</dt><dd>Latents whose atoms point most nearly the same way, with the cosine.</dd>
<dt>Keys</dt><dd><kbd>/</kbd> search · <kbd>↑</kbd> <kbd>↓</kbd> <kbd>←</kbd> <kbd>→</kbd> from card to card · <kbd>Home</kbd> <kbd>End</kbd> · <kbd>Esc</kbd> clear the search</dd>
</dl></details></header>
<form id="tools" role="search" aria-label="Latents">
<input id="search" type="search" placeholder="Search names, or #number" aria-label="Search names, or # and a number" autocomplete="off" spellcheck="false">
<label>Show <select id="show"><option value="all">all</option><option value="named">named</option><option value="unnamed">without a name</option><option value="dead">never active</option></select></label>
${hasEffects && html`<label>Moves <select id="moves"><option value="">any class</option>${data.classes.map((name, i) => html`<option value="${i}">${name}</option>`)}</select></label>`}
<label>Sort by <select id="sort"><option value="latent">number</option><option value="active" selected>share of scenes</option><option value="mean">mean activation</option><option value="name">name</option><option value="margin">margin of the name</option>${hasEffects && html`<option value="effect">effect</option>`}${hasStability && html`<option value="stability">stability</option>`}</select></label>
<button id="order" type="button" aria-pressed="true" title="Turn the order round">↓</button>
<output id="count" aria-live="polite"></output></form>
<main id="view"><noscript><p class="none">This page needs JavaScript to show its cards.</p></noscript><p id="empty" class="none" hidden>No latent is like that.</p><div id="cards" role="list" aria-label="Latents"></div></main>
<style>${raw(styles.join('\n'))}</style>
<script type="application/json" id="data">${raw(scriptSafe(JSON.stringify({ ...data, sprites: layout })))}</script>
<script>${raw(SCRIPT)}</script></body></html>
`.text;
}

/** JSON that cannot end the element it stands in. */
function scriptSafe(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
