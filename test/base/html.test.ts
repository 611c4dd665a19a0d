import { expect, it } from 'vitest';
import { canonicalJson, html, raw } from '../../sdk/base/index.ts';

it('escapes every value that is not markup', () => {
  const name = '<b> & "x"';
  expect(html`<p title="${name}">${[name, html`<i>${1}</i>`]}${raw('<hr>')}${null}</p>`.text).toBe(
    '<p title="&#60;b&#62; &#38; &#34;x&#34;">&#60;b&#62; &#38; &#34;x&#34;<i>1</i><hr></p>',
  );
});

it('spells equal values with equal bytes, and refuses numbers that JSON would turn into null', () => {
  expect(canonicalJson({ b: [1, { d: 2, c: undefined }], a: 'x' })).toBe(canonicalJson({ a: 'x', b: [1, { d: 2 }] }));
  expect(() => canonicalJson({ a: Number.NaN })).toThrow(/NaN/);
});
