/** Sum of squares in f64. Four fixed partial sums, then the tail: the order depends on the count alone. */
export function sumOfSquares(pointer: usize, count: u32): f64 {
  let sumA = f64x2.splat(0);
  let sumB = f64x2.splat(0);
  for (let left = count >> 2; left; left--) {
    const x = v128.load(pointer);
    const low = f64x2.promote_low_f32x4(x);
    const high = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
    sumA = f64x2.add(sumA, f64x2.mul(low, low));
    sumB = f64x2.add(sumB, f64x2.mul(high, high));
    pointer += 16;
  }
  const sums = f64x2.add(sumA, sumB);
  let total = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (let left = count & 3; left; left--) {
    const x = <f64>load<f32>(pointer);
    total += x * x;
    pointer += 4;
  }
  return total;
}

/** dst[i] += src[i]. */
export function addInto(dst: usize, src: usize, count: u32): void {
  for (let left = count >> 2; left; left--) {
    v128.store(dst, f32x4.add(v128.load(dst), v128.load(src)));
    dst += 16;
    src += 16;
  }
  for (let left = count & 3; left; left--) {
    store<f32>(dst, load<f32>(dst) + load<f32>(src));
    dst += 4;
    src += 4;
  }
}

/** x[i] *= factor, in f32. */
export function scale(pointer: usize, count: u32, factor: f64): void {
  const factor1 = <f32>factor;
  const factor4 = f32x4.splat(factor1);
  for (let left = count >> 2; left; left--) {
    v128.store(pointer, f32x4.mul(v128.load(pointer), factor4));
    pointer += 16;
  }
  for (let left = count & 3; left; left--) {
    store<f32>(pointer, load<f32>(pointer) * factor1);
    pointer += 4;
  }
}

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(pointer: usize, count: u32): i32 {
  let i: u32 = 0;
  for (let left = count >> 2; left; left--) {
    const x = v128.load(pointer);
    // x - x is 0, or NaN where x is not finite; only NaN differs from itself.
    const difference = f32x4.sub(x, x);
    if (v128.any_true(f32x4.ne(difference, difference))) break;
    pointer += 16;
    i += 4;
  }
  for (; i < count; i++) {
    const x = load<f32>(pointer);
    if (x - x != 0) return <i32>i;
    pointer += 4;
  }
  return -1;
}
