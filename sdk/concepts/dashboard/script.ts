/**
 * The dashboard's script. Cards have one size, so the place of each follows from its number: only those in view, and a row above and below, are
 * in the document, whatever the number of latents.
 */
import { CARD_SCRIPT } from './card-script.ts';

export const SCRIPT = String.raw`'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const at = (id) => document.getElementById(id);
const [view, cards, search, show, moves, sort, order, count] = ['view', 'cards', 'search', 'show', 'moves', 'sort', 'order', 'count'].map(at);
const total = data.name.length;
const GAP = 14, LEAST_WIDTH = 312, BORDERS = 30, SPACE = 4;
const lower = data.name.map((name) => (name ?? '').toLowerCase());

// which latents, in which order

const keys = {
  latent: (l) => l,
  active: (l) => data.active[l],
  mean: (l) => data.mean[l],
  margin: (l) => data.margin[l],
  effect: (l) => data.effect[l] && Math.abs(data.effect[l][1]),
  stability: (l) => data.stability[l],
};
// the order that each is asked for most often: from the largest, but names and numbers from the first
const falling = (key) => key !== 'latent' && key !== 'name';

function chosen() {
  const text = search.value.trim().toLowerCase();
  const number = /^#\d+$/.test(text) ? Number(text.slice(1)) : -1;
  const wanted = (l) =>
    (number >= 0 ? l === number : lower[l].includes(text)) &&
    (show.value === 'all' || (show.value === 'named' ? data.name[l] !== null : show.value === 'dead' ? data.active[l] === 0 : data.name[l] === null)) &&
    (!moves || moves.value === '' || (data.effect[l] && data.effect[l][0] === Number(moves.value)));
  const list = [];
  for (let l = 0; l < total; l++) if (wanted(l)) list.push(l);
  const turned = order.getAttribute('aria-pressed') === 'true' ? -1 : 1;
  if (sort.value === 'name')
    // latents without a name come last in either order
    return list.sort((a, b) => (data.name[a] === null) - (data.name[b] === null) || turned * (lower[a] < lower[b] ? -1 : lower[a] > lower[b] ? 1 : 0) || a - b);
  const key = keys[sort.value];
  return list.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return (x === null) - (y === null) || turned * (x - y) || a - b;
  });
}

// what is in view

let list = [];
let current = 0;
let found = -1;
let size = { columns: 1, width: 0, height: 0, top: 0, band: 0 };
const drawn = new Map();

function measure() {
  const width = cards.clientWidth;
  const columns = Math.max(1, Math.floor((width + GAP) / (LEAST_WIDTH + GAP)));
  const card = Math.floor((width - GAP * (columns - 1)) / columns);
  const inner = card - BORDERS;
  const top = Math.floor((inner - 4 * SPACE) / 5);
  const band = Math.floor((inner - 4 * SPACE - 12) / 6);
  size = { columns, width: card, height: 26 + 30 + top + 24 + band + 66 + 30, top, band };
}

function refresh() {
  list = chosen();
  current = 0;
  const all = total.toLocaleString('en') + ' latents';
  count.textContent = list.length === total ? all : list.length.toLocaleString('en') + ' of ' + all;
  layOut();
}

function layOut() {
  for (const element of drawn.values()) element.remove();
  drawn.clear();
  measure();
  const rows = Math.ceil(list.length / size.columns);
  cards.style.height = Math.max(0, rows * (size.height + GAP) - GAP) + 'px';
  at('empty').hidden = list.length > 0;
  draw();
}

function draw() {
  const above = -cards.getBoundingClientRect().top;
  const step = size.height + GAP;
  const first = Math.max(0, Math.floor(above / step) - 1) * size.columns;
  const end = Math.min(list.length, (Math.ceil((above + innerHeight) / step) + 1) * size.columns);
  for (const [place, element] of drawn) {
    if (place >= first && place < end) continue;
    // a card that has the focus stays, so that keys go on working
    if (element.contains(document.activeElement)) continue;
    element.remove();
    drawn.delete(place);
  }
  for (let place = first; place < end; place++) if (!drawn.has(place)) put(place);
  if (end > first && !drawn.has(current)) roam(first);
}

function put(place) {
  const card = cardOf(list[place], place);
  const next = [...drawn.keys()].filter((other) => other > place).sort((a, b) => a - b)[0];
  // reading order is the order on the page
  cards.insertBefore(card, next === undefined ? null : drawn.get(next));
  drawn.set(place, card);
}

${CARD_SCRIPT}
// one card of the list is the one that Tab reaches

function roam(place) {
  for (const [other, card] of drawn) {
    card.tabIndex = other === place ? 0 : -1;
    for (const button of card.querySelectorAll('button')) button.tabIndex = other === place ? 0 : -1;
  }
  current = place;
}

function focusPlace(place) {
  const top = cards.getBoundingClientRect().top + scrollY + Math.floor(place / size.columns) * (size.height + GAP);
  const bar = at('tools').offsetHeight + 8;
  if (top < scrollY + bar) scrollTo(0, top - bar);
  else if (top + size.height > scrollY + innerHeight) scrollTo(0, top + size.height + 16 - innerHeight);
  draw();
  if (!drawn.has(place)) put(place);
  roam(place);
  drawn.get(place).focus({ preventScroll: true });
}

// shows a latent, whatever is chosen: where the choice leaves it out, the choice is dropped
function goTo(l) {
  found = l;
  if (!list.includes(l)) {
    search.value = '';
    show.value = 'all';
    if (moves) moves.value = '';
  }
  refresh();
  focusPlace(list.indexOf(l));
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches('input, select');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === 'Escape' && search.value !== '') {
    search.value = '';
    refresh();
  } else if (event.key === 'ArrowDown' && event.target === search && list.length > 0) {
    event.preventDefault();
    focusPlace(0);
  } else if (!typing && event.target.closest('.card')) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -size.columns, ArrowDown: size.columns }[event.key];
    const place = event.key === 'Home' ? 0 : event.key === 'End' ? list.length - 1 : step === undefined ? -1 : current + step;
    if (place < 0 || place >= list.length) return;
    event.preventDefault();
    focusPlace(place);
  }
});

function backToTop() {
  found = -1;
  const top = view.getBoundingClientRect().top + scrollY - at('tools').offsetHeight;
  refresh();
  if (scrollY > top) scrollTo(0, top);
  draw();
}

search.oninput = backToTop;
show.onchange = backToTop;
if (moves) moves.onchange = backToTop;
function turn(down) {
  order.setAttribute('aria-pressed', down);
  order.textContent = down ? '↓' : '↑';
  order.setAttribute('aria-label', down ? 'Largest first' : 'Smallest first');
}
sort.onchange = () => {
  turn(falling(sort.value));
  backToTop();
};
order.onclick = () => {
  turn(order.getAttribute('aria-pressed') !== 'true');
  backToTop();
};
at('tools').onsubmit = (event) => event.preventDefault();
let asked = 0;
let laidOutAt = cards.clientWidth;
addEventListener('scroll', () => {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    draw();
  });
}, { passive: true });
new ResizeObserver(() => {
  if (cards.clientWidth === laidOutAt) return;
  laidOutAt = cards.clientWidth;
  layOut();
}).observe(cards);
function goToHash() {
  const match = /^#latent-(\d+)$/.exec(location.hash);
  if (match && Number(match[1]) < total) goTo(Number(match[1]));
}
addEventListener('hashchange', goToHash);
turn(falling(sort.value));
refresh();
goToHash();
`;
