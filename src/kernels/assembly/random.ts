// The same hashes as hashWords() and maskHash() in src/random/hash.ts; tests hold them together bit by bit.

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
function square4(x: v128): v128 {
  return i32x4.mul(x, i32x4.add(i32x4.add(x, x), i32x4.splat(1)));
}

// @ts-ignore: decorator
@inline
function turned4(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 16), i32x4.shl(x, 16));
}

// @ts-ignore: decorator
@inline
function maskHash4(key0: v128, key1: v128, index: v128): v128 {
  let x = turned4(square4(i32x4.add(index, key0)));
  x = turned4(square4(i32x4.add(x, key1)));
  return i32x4.shr_u(square4(x), 16);
}

/** Byte i = 0 where the 16 bits of decision `firstIndex + i` are below the threshold, else 1. */
export function dropoutKept(out: usize, count: u32, key0: u32, key1: u32, firstIndex: u32, threshold16: u32): void {
  const keyA = i32x4.splat(key0);
  const keyB = i32x4.splat(key1);
  const threshold = i32x4.splat(threshold16);
  const one = i8x16.splat(1);
  const sixteen = i32x4.splat(16);
  let index0 = i32x4.add(i32x4.splat(firstIndex), i32x4(0, 1, 2, 3));
  let index1 = i32x4.add(index0, i32x4.splat(4));
  let index2 = i32x4.add(index0, i32x4.splat(8));
  let index3 = i32x4.add(index0, i32x4.splat(12));
  for (let left = count >> 4; left; left--) {
    // all bits set where dropped, which narrows to the same
    const low = i16x8.narrow_i32x4_s(
      i32x4.gt_s(threshold, maskHash4(keyA, keyB, index0)),
      i32x4.gt_s(threshold, maskHash4(keyA, keyB, index1)),
    );
    const high = i16x8.narrow_i32x4_s(
      i32x4.gt_s(threshold, maskHash4(keyA, keyB, index2)),
      i32x4.gt_s(threshold, maskHash4(keyA, keyB, index3)),
    );
    v128.store(out, v128.andnot(one, i8x16.narrow_i16x8_s(low, high)));
    index0 = i32x4.add(index0, sixteen);
    index1 = i32x4.add(index1, sixteen);
    index2 = i32x4.add(index2, sixteen);
    index3 = i32x4.add(index3, sixteen);
    out += 16;
  }

  for (let left = count & 15; left; left--) {
    const dropped = i32x4.extract_lane(maskHash4(keyA, keyB, index0), 0) < <i32>threshold16;
    store<u8>(out, dropped ? 0 : 1);
    index0 = i32x4.add(index0, i32x4.splat(1));
    out++;
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
