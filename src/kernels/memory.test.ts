import assert from "node:assert/strict";
import { test } from "node:test";
import { Arena, Memory } from "./index.ts";

const PAGE = 65536;
/** Arrays of a group, in elements. */
const groups = [[1000, 1000], [12_000, 3000], [16_000], [10], [20], [9000, 100]];
const bytes = groups.map((counts) => Arena.bytesFor(counts));

test("groups lie in one arena each, and open the next where they do not fit", () => {
  const size = Memory.sizeFor(bytes, PAGE);
  const memory = new Memory(size, PAGE);
  assert.equal(size.arenas, 4);
  assert.equal(memory.bytes, 4 * PAGE);
  const places = groups.map((counts, at) => {
    const { arena, kernels } = memory.place(bytes[at]);
    for (const [i, count] of counts.entries()) {
      const x = arena.allocateF32(`${at}.${i}`, count);
      x.array.fill(2);
      kernels.scale(x.pointer, count, 0.5);
      assert.ok(x.array.every((value) => value === 1));
    }
    return arena;
  });
  const numbers = places.map((arena) => places.indexOf(arena));
  assert.deepEqual(numbers, [0, 1, 2, 2, 2, 5]);
  assert.equal(
    memory.used,
    bytes.reduce((a, b) => a + b),
  );
});

test("release gives back what was taken since, in all arenas", () => {
  const memory = new Memory(Memory.sizeFor(bytes, PAGE), PAGE);
  const take = (at: number): number => memory.place(bytes[at]).arena.allocateF32("x", bytes[at] / 4).pointer;
  const first = take(0);
  const mark = memory.mark();
  const used = memory.used;
  const pointers = [1, 2, 5].map(take);
  memory.release(mark);
  assert.equal(memory.used, used);
  assert.deepEqual([1, 2, 5].map(take), pointers);
  assert.ok(pointers.every((pointer) => pointer > 0 && first > 0));
});

test("a memory for large groups has room for smaller ones, whatever arena they come to lie in", () => {
  for (let seed = 1; seed < 200; seed++) {
    let state = seed;
    const draw = (most: number): number => {
      state = (state * 48271) % 2147483647;
      return state % most;
    };
    const large = Array.from({ length: 12 }, () => 64 * (1 + draw(PAGE / 64)));
    const memory = new Memory(Memory.sizeFor(large, PAGE), PAGE);
    for (const most of large) {
      const smaller = 64 * Math.ceil(Math.max(1, draw(most + 1)) / 64);
      memory.place(smaller).arena.allocateF32("x", smaller / 4);
    }
  }
});

test("the larger of two memories has room for either", () => {
  const [one, two] = [
    { arenas: 1, lastBytes: 60_000 },
    { arenas: 2, lastBytes: 100 },
  ];
  assert.deepEqual([Memory.larger(one, two), Memory.larger(two, one)], [two, two]);
  assert.deepEqual(Memory.larger(one, { ...one, lastBytes: 1 }), one);
});

test("what one arena cannot hold is refused with its size", () => {
  const memory = new Memory({ arenas: 1, lastBytes: 100 });
  const { arena } = memory.place(2 * PAGE);
  assert.throws(() => arena.allocateF32("weights", PAGE), { code: "kernels/out-of-memory", message: /weights/ });
});
