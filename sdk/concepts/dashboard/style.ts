/** Style of the dashboard: two themes of few colours; the pictures are what is colourful. */
export const STYLE = `
:root{color-scheme:light;--ink:#1c242d;--soft:#65717e;--line:#dfe4e9;--back:#f6f7f9;--card:#fff;--accent:#1f5f8b;--fill:#9db8cb;--field:#fff}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#e3e8ed;--soft:#93a0ad;--line:#2b343d;--back:#12161a;--card:#1a2026;--accent:#86bde0;--fill:#48687e;--field:#10151a}}
*{box-sizing:border-box}
html{scroll-padding-top:80px;overflow-y:scroll}
body{margin:0;background:var(--back);color:var(--ink);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
header,#tools,#view{max-width:1720px;margin:0 auto;padding:0 24px}
header{padding-top:24px;display:flex;flex-wrap:wrap;gap:4px 24px;justify-content:space-between;align-items:baseline}
h1{font-size:22px;line-height:1.25;font-weight:650;letter-spacing:-.01em;margin:0}
p{margin:2px 0}.soft{color:var(--soft);font-size:13px}
details{max-width:100%}summary{color:var(--soft);font-size:13px;cursor:pointer}
details[open]{flex-basis:100%;order:3;padding:8px 0 4px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:8px 0;max-width:88ch;font-size:13px}dt{font-weight:600}dd{margin:0;color:var(--soft)}
kbd{font:12px ui-monospace,monospace;border:1px solid var(--line);border-radius:3px;padding:0 4px}
#tools{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;padding-top:12px;padding-bottom:12px;background:var(--back);font-size:13px;color:var(--soft)}
#tools::after{content:"";position:absolute;left:24px;right:24px;bottom:0;border-bottom:1px solid var(--line)}
input,select,#order{font:inherit;color:var(--ink);background:var(--field);border:1px solid var(--line);border-radius:6px;height:32px;padding:0 9px}
input{flex:1 1 220px;max-width:340px}#order{width:32px;padding:0;cursor:pointer;margin-left:-8px}select{padding-right:4px}
#count{margin-left:auto;font-variant-numeric:tabular-nums}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#view{padding-top:16px;padding-bottom:48px}
#cards{position:relative}
.card{position:absolute;left:0;top:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 14px;overflow:hidden;contain:strict}
.card h2{font-size:15px;line-height:22px;font-weight:600;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.card h2.unnamed{font-weight:400;color:var(--soft)}
.title{display:flex;justify-content:space-between;gap:8px;margin-bottom:8px}.title span{color:var(--soft);font-size:12px;line-height:22px;font-variant-numeric:tabular-nums}
.row{display:flex;gap:4px}.bands{display:flex;justify-content:space-between;margin-top:8px}
.label{margin:0;color:var(--soft);font-size:11px;line-height:16px}
.t{display:block;flex:none;border-radius:3px;background-color:var(--line);background-repeat:no-repeat}
.facts{display:grid;grid-template-columns:104px 1fr 1fr;gap:0 12px;margin-top:10px;font-size:12px;line-height:18px;font-variant-numeric:tabular-nums;height:56px}
.facts svg{display:block;grid-row:1/4;width:104px;height:52px}.facts svg path{fill:var(--fill)}.facts svg line{stroke:var(--line)}
.facts span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}.facts i{font-style:normal;color:var(--soft)}.facts .wide{grid-column:2/4}
.near{display:flex;gap:4px;margin-top:8px;height:22px;overflow:hidden;flex-wrap:wrap}
.near button{font:inherit;font-size:12px;line-height:18px;color:var(--ink);background:none;border:1px solid var(--line);border-radius:10px;padding:0 8px;max-width:100%;cursor:pointer;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.near button:hover{border-color:var(--accent)}.near i{font-style:normal;color:var(--soft);font-variant-numeric:tabular-nums}
.card.found{border-color:var(--accent);box-shadow:0 0 0 1px var(--accent)}
.none{padding:48px 0;text-align:center;color:var(--soft)}
@media (max-width:560px){header,#tools,#view{padding-left:12px;padding-right:12px}input{max-width:none;flex-basis:100%}}
`;
