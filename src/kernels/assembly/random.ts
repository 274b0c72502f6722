// The same hash as hashWords() in src/random/hash.ts; tests hold the two together bit by bit.

// @ts-ignore: decorator
@inline
function hash(key0: u32, key1: u32, index: u32): u32 {
  let x = index ^ key0;
  x = (x ^ (x >> 17)) * 0xed5ad4bb;
  x = (x ^ (x >> 11)) + key1;
  x = x * 0xac4c1b51;
  x = (x ^ (x >> 15)) * 0x31848bab;
  return x ^ (x >> 14);
}

// @ts-ignore: decorator
@inline
function hash4(key0: v128, key1: v128, index: v128): v128 {
  let x = v128.xor(index, key0);
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 17)), i32x4.splat(0xed5ad4bb));
  x = i32x4.add(v128.xor(x, i32x4.shr_u(x, 11)), key1);
  x = i32x4.mul(x, i32x4.splat(0xac4c1b51));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x31848bab));
  return v128.xor(x, i32x4.shr_u(x, 14));
}

// @ts-ignore: decorator
@inline
function decide(key0: u32, key1: u32, decision: u32, threshold16: u32, scale: f32): f32 {
  const bits = (hash(key0, key1, decision >> 1) >> ((decision & 1) << 4)) & 0xffff;
  return bits < threshold16 ? 0 : scale;
}

/** out[i] = 0 where the 16 bits of decision `firstIndex + i` are below the threshold, else `scale`. */
export function dropoutMask(
  out: usize,
  count: u32,
  key0: u32,
  key1: u32,
  firstIndex: u32,
  threshold16: u32,
  scale: f32,
): void {
  let decision = firstIndex;
  // Each hash serves an even decision and the odd one after it.
  if (decision & 1 && count) {
    store<f32>(out, decide(key0, key1, decision, threshold16, scale));
    out += 4;
    decision++;
    count--;
  }

  const keyA = i32x4.splat(key0);
  const keyB = i32x4.splat(key1);
  const threshold = i32x4.splat(threshold16);
  const kept = f32x4.splat(scale);
  const eight = i32x4.splat(8);
  let index = i32x4.add(i32x4.splat(decision >> 1), i32x4(0, 1, 2, 3));
  let indexB = i32x4.add(index, i32x4.splat(4));
  // Two hashes at a time hide the latency of the multiplications.
  for (let left = count >> 4; left; left--) {
    const bitsA = hash4(keyA, keyB, index);
    const bitsB = hash4(keyA, keyB, indexB);
    // Little-endian 16-bit lanes: low half of hash 0, high half of hash 0, low half of hash 1, …
    v128.store(out, v128.andnot(kept, i32x4.gt_s(threshold, i32x4.extend_low_i16x8_u(bitsA))), 0);
    v128.store(out, v128.andnot(kept, i32x4.gt_s(threshold, i32x4.extend_high_i16x8_u(bitsA))), 16);
    v128.store(out, v128.andnot(kept, i32x4.gt_s(threshold, i32x4.extend_low_i16x8_u(bitsB))), 32);
    v128.store(out, v128.andnot(kept, i32x4.gt_s(threshold, i32x4.extend_high_i16x8_u(bitsB))), 48);
    index = i32x4.add(index, eight);
    indexB = i32x4.add(indexB, eight);
    out += 64;
  }

  decision += count & ~15;
  for (let left = count & 15; left; left--) {
    store<f32>(out, decide(key0, key1, decision, threshold16, scale));
    out += 4;
    decision++;
  }
}

/** out[i] = top 24 bits of hash `firstIndex + i`, divided by 2^24. */
export function uniformFill(out: usize, count: u32, key0: u32, key1: u32, firstIndex: u32): void {
  const keyA = i32x4.splat(key0);
  const keyB = i32x4.splat(key1);
  const unit = f32x4.splat(1.0 / 16777216.0);
  const four = i32x4.splat(4);
  let index = i32x4.add(i32x4.splat(firstIndex), i32x4(0, 1, 2, 3));
  for (let left = count >> 2; left; left--) {
    const bits = i32x4.shr_u(hash4(keyA, keyB, index), 8);
    v128.store(out, f32x4.mul(f32x4.convert_i32x4_s(bits), unit));
    index = i32x4.add(index, four);
    out += 16;
  }
  let last = firstIndex + (count & ~3);
  for (let left = count & 3; left; left--) {
    store<f32>(out, <f32>(hash(key0, key1, last) >> 8) * <f32>(1.0 / 16777216.0));
    out += 4;
    last++;
  }
}
