/** The live page as one document: style and script are inline and named by hash in its content security policy; it asks no other host. */
import { html, raw } from '../base/index.ts';

export const PAGE_STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6775;--line:#dfe4ea;--back:#f6f7f9;--card:#fff;--accent:#8a4b14;--good:#2c7a4b;--bad:#b3362b;--wait:#a8701a;--bar:#d9b48f}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ed;--soft:#98a4b3;--line:#2b333d;--back:#12161b;--card:#1a2027;--accent:#e0a36a;--good:#6cc08b;--bad:#ef8479;--wait:#e3b055;--bar:#6b4a2b}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:14px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1240px;margin:0 auto;padding:24px 24px 48px}
header{display:flex;align-items:baseline;gap:14px;flex-wrap:wrap;margin-bottom:18px}
h1{font-size:24px;margin:0}h2{font-size:15px;margin:0 0 10px}h2 .soft{font-weight:400;font-size:13px;margin-left:6px}.soft{color:var(--soft)}
#live{margin-left:auto;font-size:13px}#live::before{content:'';display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:6px;background:var(--bad)}
#live.on::before{background:var(--good)}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(138px,1fr));gap:12px;margin-bottom:12px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0}
.numbers .card{padding:10px 16px}.numbers b{display:block;font-size:22px;line-height:1.3}.numbers span{color:var(--soft);font-size:12px}
.columns{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:12px;align-items:start}
.columns>div{display:grid;gap:12px;min-width:0}
@media (max-width:860px){.columns{grid-template-columns:minmax(0,1fr)}}
table{border-collapse:collapse;width:100%}td,th{padding:3px 12px 3px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
td:last-child,th:last-child{padding-right:0}tr:last-child td{border-bottom:0}
th{color:var(--soft);font-weight:600;font-size:12px}td:first-child,th:first-child{text-align:left}
.bar{display:block;width:100%;min-width:70px;height:6px;border-radius:3px;background:var(--line)}.bar i{display:block;height:6px;border-radius:3px;background:var(--accent)}
.craft{display:flex;gap:10px;align-items:baseline;margin-bottom:8px}.craft b{font-size:15px}
.craft+table{margin-bottom:14px}.craft+table:last-child{margin-bottom:0}
.chip{border-radius:99px;padding:1px 9px;font-size:12px;border:1px solid currentColor}
.up,.filled,.info,.executed,.verified,.accepted{color:var(--good)}.lost,.error,.refused{color:var(--bad)}
.unknown,.expired{color:var(--soft)}.open,.asked,.warning{color:var(--wait)}
.scene{padding:8px 0;border-bottom:1px solid var(--line)}.scene:last-child{border-bottom:0}
.scene .top{display:flex;gap:10px;align-items:baseline;justify-content:space-between}.scene .top b{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.names{display:flex;flex-wrap:wrap;gap:6px;margin-top:3px}.names span{background:var(--back);border:1px solid var(--line);border-radius:6px;padding:0 7px;font-size:12px}
ol{list-style:none;margin:0;padding:0}li{padding:4px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}li:last-child{border-bottom:0}
.scroll{max-height:300px;overflow:auto}.none{color:var(--soft);margin:0}
`;

export const PAGE_SCRIPT = `'use strict';
const at = (id) => document.getElementById(id);
const el = (tag, text, className) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
};
const whole = (n) => Math.round(n).toLocaleString('en');
const bytes = (n) => (n < 1024 ? n + ' B' : n < 1048576 ? (n / 1024).toFixed(1) + ' kB' : (n / 1048576).toFixed(1) + ' MB');
const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
const age = (ms) => (ms < 2000 ? 'now' : ms < 120000 ? Math.round(ms / 1000) + ' s ago' : Math.round(ms / 60000) + ' min ago');
const fill = (id, nodes, none) => at(id).replaceChildren(...(nodes.length ? nodes : [el('p', none, 'none')]));
const table = (heads, rows) => {
  const node = el('table');
  for (const [tag, row] of [['th', heads], ...rows.map((row) => ['td', row])]) {
    const line = node.appendChild(el('tr'));
    for (const cell of row) {
      const box = line.appendChild(el(tag));
      box.append(cell instanceof Node ? cell : String(cell));
    }
  }
  return node;
};
const bar = (share) => {
  const node = el('span', undefined, 'bar');
  node.appendChild(el('i')).style.width = Math.round(100 * share) + '%';
  return node;
};

function showStatus(s) {
  const tiles = [
    [whole(s.archived), 'frames archived'], [whole(s.gaps), 'frames missing'], [whole(s.duplicatesDropped), 'repeats dropped'],
    [whole(s.duplicatesArchived), 'archived twice'], [whole(s.quarantined), 'payloads refused'], [bytes(s.bytes), 'archived'],
  ];
  fill('numbers', tiles.map(([value, label]) => {
    const node = el('div', undefined, 'card');
    node.append(el('b', value), el('span', label));
    return node;
  }), '');
  fill('crafts', s.crafts.flatMap((c) => {
    const head = el('div', undefined, 'craft');
    head.append(el('b', c.craft), el('span', 'link ' + c.link, 'chip ' + c.link),
      el('span', (c.lastHeardMs === null ? 'never heard' : 'heard ' + age(s.nowMs - c.lastHeardMs)) +
        (c.boots.length ? ' · boot ' + c.boots[c.boots.length - 1] : ''), 'soft'));
    return [head, table(['stream', 'archived', 'of', 'missing', ''], Object.entries(c.perStream).map(([name, n]) =>
      [name, whole(n.archived), whole(n.expected), whole(n.gaps), bar(n.expected ? n.archived / n.expected : 0)]))];
  }), 'No craft has been heard yet.');
  const l = s.ledger;
  at('gapcounts').textContent = l.open + ' open · ' + l.asked + ' asked · ' + l.filled + ' filled · ' + l.expired + ' expired';
}

function showGaps(gaps) {
  fill('gaps', gaps.length ? [table(['craft', 'boot', 'stream', 'sequence', 'missing', 'asked', 'state'], gaps.map((g) => [
    g.craft, g.boot, g.stream, g.first === g.last ? g.first : g.first + '–' + g.last, g.missing, g.asks + '×',
    el('span', g.state, g.state)]))] : [], 'No gap so far.');
}

function showScenes(scenes) {
  fill('scenes', scenes.map((scene) => {
    const node = el('div', undefined, 'scene');
    const top = node.appendChild(el('div', undefined, 'top'));
    top.append(el('b', scene.source), el('span', scene.layersTotal ? 'layer ' + scene.layersJoined + ' of ' + scene.layersTotal +
      ' · ' + scene.codeBytes + ' B' : '', 'soft'));
    if (scene.names.length) node.appendChild(el('div', undefined, 'names')).append(...scene.names.map((name) => el('span', name)));
    return node;
  }), 'No scene has come yet.');
}

function showSoil(soil) {
  const most = Math.max(0, ...soil.map((s) => s.estimate.length));
  const heads = ['source', ...Array.from({ length: most }, (_, i) => 'target ' + (i + 1))];
  fill('soil', soil.length ? [table(heads, soil.map((s) =>
    [s.source, ...Array.from({ length: most }, (_, i) => i < s.estimate.length ? s.estimate[i].toPrecision(4) : '')]))] : [],
    'No estimate has come yet.');
}

const shown = [];
function showFrame(f) {
  if (f.stream !== 'event' && f.stream !== 'ack') return;
  const v = f.values;
  const kind = f.stream === 'event' ? v.severity : v.state;
  const text = f.stream === 'event' ? v.code + ': ' + v.detail
    : 'command ' + v.counter + ' ' + v.command + ' ' + v.state + (v.reason ? ': ' + v.reason : '');
  const node = el('li');
  node.append(el('span', clock(f.timeMs) + ' ' + f.craft + ' ', 'soft'), el('span', kind + ' ', kind), el('span', text));
  shown.unshift(node);
  if (shown.length > 100) shown.pop();
  at('events').replaceChildren(...shown);
}

const source = new EventSource('/events');
source.onopen = () => { at('live').className = 'on'; at('live').textContent = 'live'; };
source.onerror = () => { at('live').className = ''; at('live').textContent = 'ground not reachable, trying again'; };
const show = { status: showStatus, gaps: showGaps, scenes: showScenes, soil: showSoil, frame: showFrame };
for (const [name, draw] of Object.entries(show)) source.addEventListener(name, (event) => draw(JSON.parse(event.data)));
`;

/** The document for a mission. */
export function pageHtml(mission: string): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${mission} · Nadir ground</title><style>${raw(PAGE_STYLE)}</style></head>
<body><main>
<header><h1>${mission}</h1><span class="soft">Nadir ground</span><span id="live">connecting</span></header>
<div class="numbers" id="numbers"></div>
<div class="columns">
<div>
<section class="card"><h2>Craft</h2><div id="crafts"><p class="none">Waiting for the ground.</p></div></section>
<section class="card"><h2>Gap ledger <span class="soft" id="gapcounts"></span></h2><div class="scroll" id="gaps"></div></section>
<section class="card"><h2>Events <span class="soft">on-board time, UTC</span></h2><ol class="scroll" id="events"><li class="none">No event so far.</li></ol></section>
</div>
<div>
<section class="card"><h2>Latest scenes</h2><div id="scenes"></div></section>
<section class="card"><h2>Latest soil estimates</h2><div class="scroll" id="soil"></div></section>
</div>
</div>
</main><script>${raw(PAGE_SCRIPT)}</script></body></html>
`.text;
}
