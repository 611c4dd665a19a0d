/** Logits to probabilities. */

/** Turns `classes` logits from `from` on into probabilities in place; gives log Σ exp. */
export function softmax(values: Float64Array, from = 0, classes = values.length): number {
  let most = -Infinity;
  for (let k = from; k < from + classes; k++) most = Math.max(most, values[k]);
  let sum = 0;
  for (let k = from; k < from + classes; k++) {
    values[k] = Math.exp(values[k] - most);
    sum += values[k];
  }
  for (let k = from; k < from + classes; k++) values[k] /= sum;
  return most + Math.log(sum);
}
