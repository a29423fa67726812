/** The greatest number between two bounds for which something holds that holds for the lesser ones. */
export function greatest(holds: (value: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  while (high / low > 1.0001) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
