/** Gauss–Legendre quadrature on [0, 1]: q nodes integrate every polynomial up to degree 2q − 1 exactly. */

/** Nodes and weights, each [q], in ascending order of the nodes. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** The q nodes and weights. By Newton's iteration on the Legendre polynomial (Press et al., §4.6). */
export function gaussLegendre(q: number): Quadrature {
  const nodes = new Float64Array(q);
  const weights = new Float64Array(q);
  for (let i = 0; i < q; i++) {
    let z = Math.cos((Math.PI * (i + 0.75)) / (q + 0.5));
    let slope = 0;
    for (let step = 0; step < 100; step++) {
      let before = 0;
      let here = 1;
      for (let degree = 1; degree <= q; degree++) {
        const next = ((2 * degree - 1) * z * here - (degree - 1) * before) / degree;
        before = here;
        here = next;
      }
      slope = (q * (z * here - before)) / (z * z - 1);
      const change = here / slope;
      z -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes[q - 1 - i] = (1 + z) / 2;
    weights[q - 1 - i] = 1 / ((1 - z * z) * slope * slope);
  }
  return { nodes, weights };
}
