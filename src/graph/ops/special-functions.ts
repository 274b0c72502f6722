/**
 * Error function to about 1e-15, by its Taylor series below 2.5 and a continued fraction for erfc above.
 *
 * JavaScript has none. Source: Abramowitz & Stegun 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return Number.NaN;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    // 7.1.6: erf x = 2/√π · e^(−x²) Σ 2^k x^(2k+1) / (1·3·…·(2k+1)); every term positive, so nothing cancels
    let term = a;
    let sum = a;
    for (let k = 1; k < 200; k++) {
      term *= (2 * a * a) / (2 * k + 1);
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
  }
  let fraction = a;
  for (let k = 120; k >= 1; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction));
}
