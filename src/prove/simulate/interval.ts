// How sure a simulated share of time is. Outages come as a Poisson process, each with its length as a weight, so the time lost is a
// weighted sum of Poisson counts; its interval is that of Fay and Feuer (Statistics in Medicine 16, 1997), made for few and
// unequal weights: a normal interval would be too narrow where one long outage rules the sum.

/** A 95 % interval for the share of time lost, from the outages seen. `longestMs`: what one outage may last, for when none was seen. */
export function shareInterval(
  lengthsMs: readonly number[],
  totalMs: number,
  longestMs: number,
): readonly [low: number, high: number] {
  const sum = lengthsMs.reduce((all, each) => all + each, 0);
  const squares = lengthsMs.reduce((all, each) => all + each * each, 0);
  const longest = lengthsMs.reduce((most, each) => Math.max(most, each), 0);
  if (sum === 0) return [0, Math.min(1, (longestMs * chiSquare(0.975, 2)) / 2 / totalMs)];
  const low = (squares / (2 * sum)) * chiSquare(0.025, (2 * sum * sum) / squares);
  const spread = squares + longest * longest;
  const high = (spread / (2 * (sum + longest))) * chiSquare(0.975, (2 * (sum + longest) ** 2) / spread);
  return [low / totalMs, Math.min(1, high / totalMs)];
}

/** The quantile of chi-square with so many degrees of freedom, which need not be whole. */
function chiSquare(share: number, degrees: number): number {
  let low = 0;
  let high = degrees + 20 * Math.sqrt(2 * degrees) + 40;
  for (let round = 0; round < 100; round += 1) {
    const middle = (low + high) / 2;
    if (gammaShare(degrees / 2, middle / 2) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularised lower incomplete gamma function, by series or continued fraction (Press et al., Numerical Recipes, 6.2). */
function gammaShare(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && Math.abs(term) > Math.abs(sum) * 1e-14; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return sum * front;
  }
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let n = 1; n < 10_000; n += 1) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / Math.max(an * d + b, tiny);
    c = Math.max(b + an / c, tiny);
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return 1 - front * h;
}

/** Lanczos' approximation. */
function logGamma(x: number): number {
  const shares = [
    76.18009172947146, -86.5053203294168, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
    -0.5395239384953e-5,
  ];
  const t = x + 5.5 - (x + 0.5) * Math.log(x + 5.5);
  const sum = shares.reduce((all, each, index) => all + each / (x + 1 + index), 1.000000000190015);
  return -t + Math.log((2.50662827463 * sum) / x);
}
