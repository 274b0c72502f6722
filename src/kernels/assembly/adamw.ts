/**
 * One AdamW step, in the order of PyTorch's single-tensor implementation. Scalars are combined in f64 and rounded once,
 * as PyTorch does; `1 / sqrt(biasCorrection2)` is a multiplication here and a division there (one rounding apart).
 */
export function adamw(
  param: usize,
  grad: usize,
  m: usize,
  v: usize,
  count: u32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  eps: f64,
  weightDecay: f64,
  biasCorrection1: f64,
  biasCorrection2: f64,
  gradientScale: f64,
): void {
  const decay = <f32>(1.0 - learningRate * weightDecay);
  const new1 = <f32>(1.0 - beta1);
  const old2 = <f32>beta2;
  const new2 = <f32>(1.0 - beta2);
  const correct2 = <f32>(1.0 / Math.sqrt(biasCorrection2));
  const epsilon = <f32>eps;
  const stepSize = <f32>(learningRate / biasCorrection1);
  const scale = <f32>gradientScale;

  const decay4 = f32x4.splat(decay);
  const new14 = f32x4.splat(new1);
  const old24 = f32x4.splat(old2);
  const new24 = f32x4.splat(new2);
  const correct24 = f32x4.splat(correct2);
  const epsilon4 = f32x4.splat(epsilon);
  const stepSize4 = f32x4.splat(stepSize);
  const scale4 = f32x4.splat(scale);

  for (let left = count >> 2; left; left--) {
    const g = f32x4.mul(v128.load(grad), scale4);
    const m0 = v128.load(m);
    const m1 = f32x4.add(m0, f32x4.mul(new14, f32x4.sub(g, m0)));
    const v1 = f32x4.add(f32x4.mul(v128.load(v), old24), f32x4.mul(new24, f32x4.mul(g, g)));
    const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(v1), correct24), epsilon4);
    const decayed = f32x4.mul(v128.load(param), decay4);
    v128.store(m, m1);
    v128.store(v, v1);
    v128.store(param, f32x4.sub(decayed, f32x4.div(f32x4.mul(stepSize4, m1), denominator)));
    param += 16;
    grad += 16;
    m += 16;
    v += 16;
  }
  for (let left = count & 3; left; left--) {
    const g = load<f32>(grad) * scale;
    const m0 = load<f32>(m);
    const m1 = m0 + new1 * (g - m0);
    const v1 = load<f32>(v) * old2 + new2 * (g * g);
    const denominator = sqrt<f32>(v1) * correct2 + epsilon;
    store<f32>(m, m1);
    store<f32>(v, v1);
    store<f32>(param, load<f32>(param) * decay - (stepSize * m1) / denominator);
    param += 4;
    grad += 4;
    m += 4;
    v += 4;
  }
}
