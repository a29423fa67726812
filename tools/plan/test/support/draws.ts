/** Draws ranks from 1; the one of rank r with a probability in proportion to r^−exponent. */
export function drawsOf(targets: number, exponent: number, random: () => number): () => number {
  const cumulated = new Float64Array(targets);
  let sum = 0;
  for (let i = 0; i < targets; i += 1) {
    sum += (i + 1) ** -exponent;
    cumulated[i] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, targets - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulated[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}
