/** The part of the dashboard's script that makes a card. Text is set as text, never as markup. */
export const CARD_SCRIPT = `// a card

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

const percent = (share) => (share === 0 ? '0' : share < 0.001 ? '< 0.1' : (100 * share).toFixed(share < 0.1 ? 1 : 0)) + ' %';
const signed = (x) => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(2);
const titleOf = (l) => data.name[l] ?? 'Latent ' + l;

function picture([image, activation], edge) {
  const { across, perSheet } = data.sprites;
  const place = image % perSheet;
  const element = make('span', 't s' + Math.floor(image / perSheet));
  element.style.cssText = 'width:' + edge + 'px;height:' + edge + 'px;background-size:' + across * edge + 'px auto;background-position:' + -(place % across) * edge + 'px ' + -Math.floor(place / across) * edge + 'px';
  const title = data.files[image] + ', activation ' + activation.toFixed(2);
  element.title = title;
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', title);
  return element;
}

function row(pictures, edge) {
  const element = make('div', 'row');
  element.style.height = edge + 'px';
  element.append(...pictures.map((one) => picture(one, edge)));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';
function histogram(l) {
  const bars = data.histogram[l];
  const most = Math.max(1, ...bars);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 104 52');
  svg.setAttribute('role', 'img');
  const words = 'Activations from 0 to ' + data.largest[l].toFixed(2);
  svg.setAttribute('aria-label', words);
  const title = document.createElementNS(SVG, 'title');
  title.textContent = words + '; most in a bar: ' + most + ' scenes';
  const path = document.createElementNS(SVG, 'path');
  const width = 104 / bars.length;
  path.setAttribute('d', bars.map((rows, i) => (rows === 0 ? '' : 'M' + (i * width).toFixed(2) + ' 50v' + (-Math.max(1, (48 * rows) / most)).toFixed(2) + 'h' + (width - 0.8).toFixed(2) + 'V50z')).join(''));
  const line = document.createElementNS(SVG, 'line');
  for (const [name, value] of [['x1', 0], ['x2', 104], ['y1', 50.5], ['y2', 50.5]]) line.setAttribute(name, value);
  svg.append(title, path, line);
  return svg;
}

function fact(label, value, className) {
  const element = make('span', className);
  element.append(value + ' ', make('i', '', label));
  element.title = label + ' ' + value;
  return element;
}

function factsOf(l) {
  const facts = make('div', 'facts');
  facts.append(histogram(l), fact('of scenes', percent(data.active[l] / data.rows)), fact('mean', data.mean[l].toFixed(2)));
  if (data.margin[l] !== null) facts.append(fact('margin', data.margin[l].toFixed(3)));
  if (data.stability[l] !== null) facts.append(fact('stability', data.stability[l].toFixed(2)));
  const effect = data.effect[l];
  if (effect) {
    const element = make('span', 'wide');
    element.append(make('i', '', 'moves '), data.classes[effect[0]] + ' ' + signed(effect[1]));
    element.title = 'log-odds of ' + data.classes[effect[0]] + ' ' + signed(effect[1]);
    facts.append(element);
  }
  return facts;
}

function cardOf(l, place) {
  const card = make('article', l === found ? 'card found' : 'card');
  const heading = make('div', 'title');
  heading.append(make('h2', data.name[l] === null ? 'unnamed' : '', titleOf(l)));
  if (data.name[l] !== null) heading.append(make('span', '', '#' + l));
  const [strongest, middle, weakest] = data.pictures[l];
  const bands = make('div', 'bands');
  for (const [label, pictures] of [['middle', middle], ['weakest', weakest]]) {
    const band = make('div');
    band.style.width = 3 * size.band + 2 * SPACE + 'px';
    band.append(make('p', 'label', label), row(pictures, size.band));
    bands.append(band);
  }
  const near = make('div', 'near');
  for (const [other, cosine] of data.near[l]) {
    const button = make('button', '', (data.name[other] ?? '#' + other) + ' ');
    button.append(make('i', '', cosine.toFixed(2)));
    button.type = 'button';
    button.tabIndex = place === current ? 0 : -1;
    button.title = 'Go to ' + titleOf(other) + ', cosine ' + cosine.toFixed(3);
    button.onclick = () => goTo(other);
    near.append(button);
  }
  card.append(heading, row(strongest, size.top), bands, factsOf(l), near);
  card.dataset.latent = l;
  card.setAttribute('role', 'listitem');
  card.setAttribute('aria-label', titleOf(l) + (data.name[l] === null ? ', no valid name' : ', latent ' + l));
  card.setAttribute('aria-posinset', place + 1);
  card.setAttribute('aria-setsize', list.length);
  card.tabIndex = place === current ? 0 : -1;
  const [column, line] = [place % size.columns, Math.floor(place / size.columns)];
  card.style.cssText = 'width:' + size.width + 'px;height:' + size.height + 'px;transform:translate(' + column * (size.width + GAP) + 'px,' + line * (size.height + GAP) + 'px)';
  card.onfocus = () => roam(place);
  return card;
}
`;
