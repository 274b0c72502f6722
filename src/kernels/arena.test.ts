import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { dropoutKeptReference, dropoutRate, foldKey } from "../random/index.ts";
import { Arena, createKernels } from "./index.ts";

describe("Arena", () => {
  test("hands out aligned, zeroed arrays that don't overlap and start past the first 64 KiB", () => {
    const counts = [3, 0, 17, 16, 1];
    const arena = new Arena({ bytes: Arena.bytesFor(counts) });
    const arrays = counts.map((count, i) => arena.allocateF32(`a${i}`, count));
    let end = 65536;
    arrays.forEach(({ pointer, array }, i) => {
      assert.equal(pointer % 64, 0);
      assert.ok(pointer >= end);
      assert.equal(array.byteOffset, pointer);
      assert.equal(array.length, counts[i]);
      assert.equal(array.buffer, arena.memory.buffer);
      assert.ok(array.every((x) => x === 0));
      end = pointer + array.byteLength;
    });
    assert.equal(arena.used, Arena.bytesFor(counts));
  });

  test("release gives temporary memory back, last mark first", () => {
    const arena = new Arena({ bytes: 4096 });
    arena.allocateF32("kept", 10);
    const outer = arena.mark();
    const first = arena.allocateI32("temporary", 10);
    const inner = arena.mark();
    arena.allocateI32("more", 10);
    arena.release(outer);
    assert.equal(arena.allocateI32("again", 10).pointer, first.pointer);
    arena.release(outer);
    assert.throws(() => arena.release(inner), { code: "kernels/bad-mark" });
  });

  test("an array that doesn't fit is named, with what is wanted and what is left", () => {
    const arena = new Arena({ bytes: 65536 });
    arena.allocateF32("weights", 8192);
    assert.throws(() => arena.allocateF32("moments", 8193), {
      code: "kernels/out-of-memory",
      message: /^Arena, moments: expected at most 32768 bytes .*4 GiB.*, got 32832 bytes/,
    });
    arena.allocateF32("moments", 8192);
  });

  test("refuses sizes past 4 GiB and counts that are no counts", () => {
    for (const bytes of [2 ** 32, -1, Number.NaN]) {
      assert.throws(() => new Arena({ bytes }), { code: "kernels/out-of-memory", message: /4 GiB/ });
    }
    const arena = new Arena({ bytes: 1024 });
    for (const count of [-1, 0.5, Number.NaN]) assert.throws(() => arena.allocateF32("x", count), { code: "kernels/bad-count" });
  });
});

describe("the compiled module", () => {
  test("is what the sources give", () => {
    const script = fileURLToPath(new URL("../../scripts/build-kernels.ts", import.meta.url));
    assert.match(execFileSync(process.execPath, [script, "--check"], { encoding: "utf8" }), /up to date/);
  });

  test("brings no data of its own into the arena", () => {
    const arena = new Arena({ bytes: 65536 });
    createKernels(arena);
    assert.ok(new Uint8Array(arena.memory.buffer).every((byte) => byte === 0));
  });

  // Only the pages that are touched are committed, so this takes a few KiB of real memory.
  test("works past 2 GiB and up to the last byte of 4 GiB", () => {
    const arena = new Arena({ bytes: 2 ** 32 - 65536 });
    const kernels = createKernels(arena);
    const key = foldKey({ seed: 1, step: 0, site: "far" });
    const rate = dropoutRate(0.3);
    const count = 1008;

    arena.allocateF32("gap", (2 ** 31 - 65536 - 2048) / 4);
    const across = arena.allocateF32("across 2 GiB", count);
    assert.ok(across.pointer < 2 ** 31 && across.pointer + 4 * count > 2 ** 31);
    const size = arena.bytes - arena.used - 4 * count;
    const second = arena.mark();
    arena.allocateF32("second gap", size / 4);
    const last = arena.allocateF32("last", count);
    assert.equal(last.pointer + 4 * count, 2 ** 32);
    assert.throws(() => arena.allocateF32("one more", 1), { code: "kernels/out-of-memory" });

    const kept = new Uint8Array(4 * count);
    dropoutKeptReference(kept, key, 0, rate);
    const expected = Float32Array.from({ length: count }, (_, at) => at / 7);
    for (const { array, pointer } of [across, last]) {
      kernels.dropoutKept(pointer, 4 * count, key, 0, rate);
      assert.deepEqual(new Uint8Array(array.buffer, pointer, 4 * count), kept);
      array.set(expected);
      kernels.scale(pointer, count, 0.5);
      assert.deepEqual(
        array,
        expected.map((x) => x / 2),
      );
      kernels.addInto(pointer, pointer, count);
      assert.deepEqual(array, expected);
      const sum = expected.reduce((total, x) => total + x * x, 0);
      assert.ok(Math.abs(kernels.sumOfSquares(pointer, count) - sum) < 1e-10 * sum);
      array[count - 1] = Number.NaN;
      assert.equal(kernels.firstNonFinite(pointer, count), count - 1);
      array[count - 1] = expected[count - 1];
    }

    const quarter = count / 4;
    last.array.fill(1);
    const [param, grad, m, v] = [0, 1, 2, 3].map((i) => last.pointer + 4 * i * quarter);
    const step = { learningRate: 0.5, beta1: 0.5, beta2: 0.5, eps: 0, weightDecay: 0, step: 1, gradientScale: 1 };
    kernels.adamw({ param, grad, m, v, count: quarter }, step);
    // m = v = 1, both corrected to 2: 1 - 0.5 · 2 / √2.
    for (const x of last.array.subarray(0, quarter)) assert.ok(Math.abs(x - (1 - Math.SQRT1_2)) < 1e-6);
    arena.release(second);
  });
});
