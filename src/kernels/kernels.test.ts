import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dropoutKeptReference, dropoutRate, foldKey, normalFill, uniform, uniformFillReference } from "../random/index.ts";
import { Arena, type ArenaF32, createKernels } from "./index.ts";

const COUNTS = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 1001];
const GUARD = 12345;
const key = foldKey({ seed: 5, step: 7, site: "kernels" });

const arena = new Arena({ bytes: 2 ** 20 });
const kernels = createKernels(arena);

/** Run with temporary arrays of `count` elements, and see that the elements before and after each stay as they were. */
function withArrays(count: number, names: string[], body: (...arrays: ArenaF32[]) => void): void {
  const mark = arena.mark();
  const arrays = names.map((name, i) => {
    const whole = arena.allocateF32(name, count + 2);
    normalFill(whole.array, { seed: i, step: count, site: name });
    whole.array[0] = whole.array[count + 1] = GUARD;
    // One element in: unaligned to 16 bytes on purpose.
    return { whole, inner: { name, pointer: whole.pointer + 4, array: whole.array.subarray(1, count + 1) } };
  });
  body(...arrays.map(({ inner }) => inner));
  for (const { whole } of arrays) {
    assert.equal(whole.array[0], GUARD, `${whole.name}, ${count}: the element before was overwritten`);
    assert.equal(whole.array[count + 1], GUARD, `${whole.name}, ${count}: the element after was overwritten`);
  }
  arena.release(mark);
}

function forEachCount(names: string[], body: (...arrays: ArenaF32[]) => void): void {
  for (const count of COUNTS) withArrays(count, names, body);
}

describe("elementwise kernels equal plain loops, bit for bit", () => {
  test("addInto", () =>
    forEachCount(["dst", "src"], (dst, src) => {
      const expected = dst.array.map((x, i) => x + src.array[i]);
      kernels.addInto(dst.pointer, src.pointer, dst.array.length);
      assert.deepEqual(dst.array, expected);
    }));

  test("scale rounds its factor to float32", () =>
    forEachCount(["x"], (x) => {
      const expected = x.array.map((value) => value * Math.fround(0.1));
      kernels.scale(x.pointer, x.array.length, 0.1);
      assert.deepEqual(x.array, expected);
    }));
});

describe("sumOfSquares", () => {
  test("agrees with a float64 loop, also where float32 overflows, and repeats exactly", () =>
    forEachCount(["x"], (x) => {
      for (const factor of [1, 1e30]) {
        kernels.scale(x.pointer, x.array.length, factor);
        const expected = x.array.reduce((sum, value) => sum + value * value, 0);
        const got = kernels.sumOfSquares(x.pointer, x.array.length);
        assert.ok(Math.abs(got - expected) <= 1e-14 * expected, `${got} against ${expected}`);
        assert.equal(kernels.sumOfSquares(x.pointer, x.array.length), got);
      }
    }));

  test("NaN and infinity come through from any place", () =>
    forEachCount(["x"], (x) => {
      for (let i = 0; i < Math.min(x.array.length, 33); i++) {
        const before = x.array[i];
        x.array[i] = Number.NaN;
        assert.ok(Number.isNaN(kernels.sumOfSquares(x.pointer, x.array.length)));
        x.array[i] = Number.NEGATIVE_INFINITY;
        assert.equal(kernels.sumOfSquares(x.pointer, x.array.length), Number.POSITIVE_INFINITY);
        x.array[i] = before;
      }
    }));
});

test("firstNonFinite finds the first of two at every place, and nothing in finite numbers", () =>
  forEachCount(["x"], (x) => {
    const n = x.array.length;
    x.array.fill(3.4e38, 0, Math.min(n, 1));
    assert.equal(kernels.firstNonFinite(x.pointer, n), -1);
    for (let i = 0; i < n; i += n > 100 ? 37 : 1) {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const before = x.array.slice();
        x.array[n - 1] = Number.NaN;
        x.array[i] = bad;
        assert.equal(kernels.firstNonFinite(x.pointer, n), i);
        x.array.set(before);
      }
    }
  }));

describe("random kernels equal src/random, bit for bit", () => {
  test("dropoutKept, at every count, even and odd starts, and the last position there is", () => {
    for (const p of [0, 0.1, 0.5, 0.999])
      for (const start of [0, 1, 2, 1001, 2 ** 31 - 3, 2 ** 32 - 1001])
        forEachCount(["mask"], (mask) => {
          const rate = dropoutRate(p);
          const { buffer, length } = mask.array;
          const written = new Uint8Array(buffer, mask.pointer, 4 * length).fill(77);
          const expected = written.slice(); // what lies behind the mask stays
          dropoutKeptReference(expected.subarray(0, length), key, start, rate);
          kernels.dropoutKept(mask.pointer, length, key, start, rate);
          assert.deepEqual(written, expected);
        });
  });

  test("uniformFill", () => {
    for (const start of [0, 1, 2 ** 31 - 3, 2 ** 32 - 1001])
      forEachCount(["x"], (x) => {
        const expected = new Float32Array(x.array.length);
        uniformFillReference(expected, key, start);
        kernels.uniformFill(x.pointer, x.array.length, key, start);
        assert.deepEqual(x.array, expected);
      });
    withArrays(9, ["x"], (x) => {
      const plain = { seed: 5, step: 7, site: "kernels" };
      kernels.uniformFill(x.pointer, 9, foldKey(plain), 0);
      for (let i = 0; i < 9; i++) assert.equal(x.array[i], uniform(plain, i));
    });
  });

  test("positions past 2^32 are refused", () => {
    assert.throws(() => kernels.dropoutKept(65536, 2, key, 2 ** 32 - 1, dropoutRate(0.1)), { code: "kernels/bad-index" });
    assert.throws(() => kernels.uniformFill(65536, 2, key, -1), { code: "kernels/bad-index" });
  });
});
