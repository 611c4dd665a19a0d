/** A page of hits: what was asked for, and each scene with its picture, score and strongest named concepts. */
import { html, type Markup, page, raw } from '../../base/index.ts';
import type { ImageSet } from '../images.ts';
import type { ConceptReader } from '../reader.ts';
import { encodeJpeg, thumbnail } from '../thumbnail.ts';
import type { SceneHit } from './search.ts';

const EDGE = 128;
const QUALITY = 82;
/** Concepts named for a scene. */
const CONCEPTS_SHOWN = 4;

export interface HitsPage {
  /** The question in words. */
  readonly question: string;
  /** Name of what was searched. */
  readonly data: string;
  readonly hits: readonly SceneHit[];
  readonly reader: ConceptReader;
  /** Images that the hits' files lie in; without them the page has none. */
  readonly images?: ImageSet | undefined;
}

/** The page as HTML, self-contained. */
export async function hitsPage({ question, data, hits, reader, images }: HitsPage): Promise<string> {
  const there = new Set(images?.names);
  const most = hits[0]?.score ?? 0;
  const cards: Markup[] = [];
  for (const hit of hits) {
    const { file } = hit;
    const picture = images && file !== undefined && there.has(file) ? await pictureOf(images, file) : undefined;
    cards.push(card(hit, picture, most > 0 ? Math.max(0, hit.score / most) : 0, namesOf(reader, hit)));
  }
  const found = `${hits.length === 1 ? 'One scene' : `${hits.length} scenes`} of ${data}, best first. Below each: its score and the named concepts that are strongest in it.`;
  const body = html`<style>${raw(STYLE)}</style><h1>${question}</h1>
<p class="soft">${hits.length === 0 ? `No scene of ${data} is a hit.` : found}</p>
<ol class="hits">${cards}</ol>`;
  return page(question, body);
}

/** `share`: the score over the best. */
function card({ row, score, file }: SceneHit, picture: string | undefined, share: number, names: string[]): Markup {
  const image = html`<img width="${EDGE}" height="${EDGE}" alt="${file}" src="data:image/jpeg;base64,${picture}">`;
  return html`<li>${picture === undefined ? html`<span class="blank"></span>` : image}
<div><b>${score.toFixed(3)}</b><span class="bar"><i style="width:${(100 * share).toFixed(1)}%"></i></span></div>
${file !== undefined && html`<p class="file">${file}</p>`}<p class="soft">row ${row}</p>
<p class="names">${names.map((name) => html`<span>${name}</span>`)}</p></li>`;
}

async function pictureOf(images: ImageSet, file: string): Promise<string> {
  const picture = thumbnail(await images.read(file), EDGE, `${images.path}, image ${file}`);
  return Buffer.from(encodeJpeg(picture, QUALITY)).toString('base64');
}

/** Valid names of a scene's strongest latents, each once. */
function namesOf({ names }: ConceptReader, { code }: SceneHit): string[] {
  const valid = Array.from(code.latents, (latent) => names[latent]).flatMap((named) =>
    named?.valid ? [named.name] : [],
  );
  return [...new Set(valid)].slice(0, CONCEPTS_SHOWN);
}

const STYLE = `
@media (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#e4e8ed;--soft:#98a3b0;--line:#2c343d;--back:#14181d;--card:#1d232a;--accent:#d79a5b}}
.hits{list-style:none;padding:0;margin:24px 0;display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:16px}
.hits li{background:var(--card);border-radius:8px;padding:12px;min-width:0}
.hits img,.blank{display:block;width:100%;height:auto;aspect-ratio:1;border-radius:4px;background:var(--line)}
.hits div{display:flex;align-items:center;gap:8px;margin-top:8px;font-variant-numeric:tabular-nums}
.hits p{margin:2px 0}.file{overflow-wrap:anywhere;font-size:13px;line-height:1.35}
.bar{flex:1;height:4px;border-radius:2px;background:var(--line);overflow:hidden}.bar i{display:block;height:100%;background:var(--accent)}
.names{display:flex;flex-wrap:wrap;gap:4px;font-size:12px}.names span{border:1px solid var(--line);border-radius:9px;padding:0 7px}
`;
