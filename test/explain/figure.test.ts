import { describe, expect, test } from 'vitest';
import { attributionFigure, type BandAttribution } from '../../sdk/explain/index.ts';

const text = { title: 'Soil & light', subtitle: 'pH < 7' };
const bandsOf = (heights: number[]): BandAttribution[] =>
  heights.map((height, band) => ({
    nm: 600 + 30 * band,
    importance: height,
    byTransform: { arr: 0, d1: height / 4, d2: (3 * height) / 4, d3: 0 },
    net: height / 2,
  }));
const spread = [{ name: 'sym3@4', group: 'sym3', importance: 0.2, bandsRead: 6, firstNm: 630, lastNm: 690 }];

describe('the wavelength × transformation figure', () => {
  test('tells each band its numbers when hovered, and escapes what it is given', () => {
    const svg = attributionFigure({ bands: bandsOf([0.1, 0, 0.2, 0.15]), spread: [] }, text);
    expect(svg).toContain('<title>600 nm: 0.1 (1st derivative 0.025, 2nd derivative 0.075); net 0.05</title>');
    expect(svg).not.toContain('630 nm:');
    expect(svg).toContain('Soil &#38; light');
    expect(svg).toContain('pH &#60; 7');
  });

  test('marks the infrared, and absorption only where the instrument sees it', () => {
    const near = attributionFigure({ bands: bandsOf([1, 1, 1, 1, 1, 1, 1]), spread: [] }, text);
    expect(near).toContain('INFRARED');
    expect(near).toContain('O₂ 760');
    expect(near).not.toContain('H₂O 940');
    expect(attributionFigure({ bands: bandsOf([1, 1, 1]), spread: [] }, text)).not.toContain('INFRARED');
  });

  test('breaks the axis where one bar dwarfs the rest, and only there', () => {
    const broken = attributionFigure({ bands: bandsOf([0.1, 5, 0.12, 0.11]), spread: [] }, text);
    const whole = attributionFigure({ bands: bandsOf([0.1, 0.2, 0.12, 0.11]), spread: [] }, text);
    expect(broken).toContain('<polygon');
    expect(whole).not.toContain('<polygon');
    // the three small bars stay tall enough to read beside the giant
    const heights = [...broken.matchAll(/width="14" height="([\d.]+)" fill="#a3452c"/g)].map((match) =>
      Number(match[1]),
    );
    expect(Math.max(...heights)).toBeLessThanOrEqual(280);
    expect(heights.filter((height) => height > 100)).toHaveLength(3);
  });

  test('draws what spreads over the spectrum apart, with the footprint that it reads', () => {
    const svg = attributionFigure({ bands: bandsOf([1, 1, 1, 1]), spread }, text);
    expect(svg).toContain('sym3@4 (wavelet sym3): 0.2, reads 6 bands, 630 to 690 nm');
    expect(attributionFigure({ bands: bandsOf([1, 1]), spread: [] }, text)).not.toContain('spread over the spectrum');
  });

  test('a model that reads no single band still gives a figure', () => {
    expect(attributionFigure({ bands: bandsOf([0, 0, 0]), spread }, text)).not.toContain('NaN');
  });

  test('views of the whole spectrum stand at their band in a panel of their own, which says how much they read', () => {
    const views = [0.3, 0.2].map((importance, band) => ({
      name: `pre@${band}`,
      group: 'pre',
      importance,
      bandsRead: 150,
      firstNm: 600,
      lastNm: 690,
      centreNm: 600 + 30 * band,
      sd: 0.05,
    }));
    const svg = attributionFigure({ bands: bandsOf([1, 1, 1, 1]), spread: [...views, ...spread] }, text);
    expect(svg).toContain('each reads up to 150 bands');
    expect(svg).toContain('<title>600 nm: 0.3 (log(1/R), derivative, SNV 0.3); SD over folds 0.05</title>');
    expect(svg).toContain('sym3@4 (wavelet sym3)');
    expect(svg).not.toContain('pre@0 (');
  });

  test('whiskers reach one standard deviation over the folds up and down, and the axis makes room', () => {
    const [low, high] = [0.5, 1].map((height) => ({ ...bandsOf([height])[0], sd: 0.25 }));
    const svg = attributionFigure({ bands: [low, { ...high, nm: 630 }], spread: [] }, text);
    expect(svg).toContain('SD over folds 0.25');
    const whiskers = [...svg.matchAll(/class="whisker"[^>]*y1="([\d.]+)" y2="([\d.]+)"/g)].map(([, top, bottom]) => [
      Number(top),
      Number(bottom),
    ]);
    expect(whiskers).toHaveLength(2);
    const [first, second] = whiskers;
    expect(first[1] - first[0]).toBeCloseTo(second[1] - second[0], 1);
    // from 0.75 to the base of the plot are three of those from 0.25 to 0.5
    expect((366 - first[0]) / (366 - first[1])).toBeCloseTo(3, 1);
    expect(second[0]).toBeGreaterThanOrEqual(86);
  });

  test('names the absorption of oxygen and water that the instrument sees', () => {
    const wide = attributionFigure({ bands: bandsOf([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), spread: [] }, text);
    for (const mark of ['O₂ 687', 'H₂O 720', 'O₂ 760', 'H₂O 820']) expect(wide).toContain(mark);
  });
});
