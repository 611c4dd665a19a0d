/** Whether markup is well-formed XML as far as tags, attributes and entities go: enough to know that a viewer opens a figure. */
export function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  const tag = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
  let roots = 0;
  for (let at = 0; at < svg.length; ) {
    if (svg[at] !== '<') {
      const next = svg.indexOf('<', at);
      const text = svg.slice(at, next < 0 ? svg.length : next);
      if (/&(?!(#\d+|#x[\da-fA-F]+|amp|lt|gt|quot|apos);)/.test(text)) return false;
      if (open.length === 0 && text.trim() !== '') return false;
      at += text.length;
      continue;
    }
    tag.lastIndex = at;
    const match = tag.exec(svg);
    if (match === null) return false;
    const [whole, closing, name, , empty] = match;
    if (closing) {
      if (open.pop() !== name) return false;
    } else {
      if (open.length === 0) roots++;
      if (!empty) open.push(name);
    }
    at += whole.length;
  }
  return open.length === 0 && roots === 1;
}
