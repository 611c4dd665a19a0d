/** Which of several choices are worth having: those that no other one beats in everything. */

/**
 * True for each point, a list of costs, that no other point dominates: none is at most as dear in every cost and cheaper in one. Equal
 * points do not dominate each other.
 */
export function paretoFront(points: readonly (readonly number[])[]): boolean[] {
  return points.map((point) => !points.some((other) => dominates(other, point)));
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((cost, i) => cost <= b[i]) && a.some((cost, i) => cost < b[i]);
}
