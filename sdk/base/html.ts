/** HTML and SVG by tagged template: every value is escaped unless it is itself `html` or `raw`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toString(): string {
    return this.text;
  }
}

type Value = Markup | string | number | boolean | null | undefined | readonly Value[];

/** A template of markup; arrays are joined, null, undefined and false give nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  let text = parts[0];
  for (let i = 0; i < values.length; i++) text += escaped(values[i]) + parts[i + 1];
  return new Markup(text);
}

/** Markup that is trusted as it is, such as a figure made by us. */
export function raw(text: string): Markup {
  return new Markup(text);
}

function escaped(value: Value): string {
  if (value instanceof Markup) return value.text;
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'object') return value.map(escaped).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A self-contained page: no script, no outside host, readable in light and dark. */
export function page(title: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${raw(STYLE)}</style></head>
<body><main>${body}</main></body></html>
`.text;
}

const STYLE = `
:root{color-scheme:light;--ink:#1b2430;--soft:#5b6775;--line:#d9dfe6;--back:#fff;--card:#f5f7f9;--accent:#8a4b14}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.55 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px}h2{font-size:20px;margin:40px 0 8px;border-top:1px solid var(--line);padding-top:24px}
p,figcaption{max-width:76ch}figcaption,.soft{color:var(--soft);font-size:13px}
table{border-collapse:collapse;margin:12px 0;font-variant-numeric:tabular-nums}
th,td{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600;font-size:13px}
th:first-child,td:first-child{text-align:left}figure{margin:16px 0}figure svg{max-width:100%;height:auto}
.numbers{display:flex;flex-wrap:wrap;gap:12px;margin:16px 0}.numbers div{background:var(--card);border-radius:8px;padding:10px 16px;min-width:110px}
.numbers b{display:block;font-size:22px}.numbers span{color:var(--soft);font-size:13px}
code{background:var(--card);padding:1px 5px;border-radius:4px}
`;
