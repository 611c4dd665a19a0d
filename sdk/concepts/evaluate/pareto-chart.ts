/** The fronts of a comparison as SVG: FVU and cosine by active latents, FVU by the encoder's bytes. Full dots are on the front. */
import { drawChart } from '../../base/index.ts';
import type { Front, ParetoPoint } from './against.ts';

interface Dot {
  readonly x: number;
  readonly y: number;
  /** What has one colour, and by L0 a line. */
  readonly line: string;
  readonly shape: string;
  readonly front: boolean;
}

interface Titles {
  readonly x: string;
  readonly y: string;
  readonly line: string;
  /** Absent: all dots are round, and joined. */
  readonly shape?: string;
}

export async function drawFronts(points: readonly ParetoPoint[]): Promise<Record<Front, string>> {
  // a code of no latents has no place on a logarithmic axis
  const byL0 = (measure: 'fvu' | 'cosine') =>
    points
      .filter(({ l0 }) => l0 > 0)
      .map(({ name, l0, fronts, ...point }) => ({
        ...{ x: l0, y: point[measure], line: name, shape: name, front: fronts.includes(measure) },
      }));
  const byBytes = points.map(({ name, k, bytes, fvu, fronts }) => ({
    ...{ x: bytes / 1024, y: fvu, line: k === null ? 'all' : String(k), shape: name, front: fronts.includes('bytes') },
  }));
  const latents = { x: 'active latents (L0)', line: 'model' };
  return {
    fvu: await draw(byL0('fvu'), { ...latents, y: 'FVU' }),
    cosine: await draw(byL0('cosine'), { ...latents, y: 'cosine' }),
    bytes: await draw(byBytes, { x: 'encoder (KiB)', y: 'FVU', line: 'k', shape: 'model' }),
  };
}

function draw(values: readonly Dot[], titles: Titles): Promise<string> {
  const encoding = {
    x: { field: 'x', type: 'quantitative', scale: { type: 'log', base: 2 }, title: titles.x },
    y: { field: 'y', type: 'quantitative', scale: { zero: false }, title: titles.y },
    color: { field: 'line', type: 'nominal', sort: null, title: titles.line },
  } as const;
  const shape = { field: 'shape', type: 'nominal', sort: null, title: titles.shape ?? null } as const;
  const dots = (front: boolean) => ({
    transform: [{ filter: `datum.front === ${front}` }],
    mark: { type: 'point', size: 70, filled: front, opacity: 1 } as const,
    encoding: titles.shape === undefined ? encoding : { ...encoding, shape },
  });
  const lines = { mark: { type: 'line', strokeWidth: 1, opacity: 0.5 } as const, encoding };
  return drawChart({
    width: 620,
    height: 300,
    background: 'white',
    data: { values: [...values] },
    layer: titles.shape === undefined ? [lines, dots(false), dots(true)] : [dots(false), dots(true)],
  });
}
