import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, createOutput, cut, entries, showsColour } from "./output.ts";
import { createProgress, duration } from "./progress.ts";

function sink(isTTY: boolean, width = 100) {
  const written: string[] = [];
  return { isTTY, columns: width, written, write: (text: string) => written.push(text) };
}

test("colours are shown on a terminal only, and NO_COLOR turns them off", () => {
  assert.equal(showsColour(sink(true), {}), true);
  assert.equal(showsColour(sink(false), {}), false);
  assert.equal(showsColour(sink(true), { NO_COLOR: "1" }), false);
  assert.equal(showsColour(sink(true), { NO_COLOR: "" }), true);
  assert.equal(showsColour(sink(true), { TERM: "dumb" }), false);
  assert.equal(showsColour(sink(false), { FORCE_COLOR: "1" }), true);
  assert.equal(showsColour(sink(true), { NO_COLOR: "1", FORCE_COLOR: "1" }), false);
});

test("a style wraps text in its codes, or leaves it alone", () => {
  const [terminal, pipe] = [sink(true), sink(false)];
  for (const stdout of [terminal, pipe]) {
    const output = createOutput({ stdout, stderr: sink(true), env: {} });
    output.print(`a ${output.style("red", "x")} b`);
    output.say(output.style("bold", "y"));
  }
  assert.deepEqual(terminal.written, ["a \u001b[31mx\u001b[39m b\n", "\u001b[1my\u001b[22m\n"]);
  const long = createOutput({ stdout: terminal, stderr: sink(true), env: {} });
  long.say(`${long.style("yellow", "!")} ${"x".repeat(77)} y`);
  assert.equal(terminal.written.at(-1), `\u001b[33m!\u001b[39m ${"x".repeat(77)}\n  y\n`, "marks take no room");
  assert.deepEqual(pipe.written, ["a x b\n", "y\n"]);
});

/** Clears the screen, colours what follows, in 8 bits too, begins a new line, turns the direction, and passes for a style. */
const HOSTILE = "neg\u001b[2J\u009b31m\r\nforged \u202egnp\ufdd0\ufde2red\ufdef";

test("control characters of data never reach a terminal, whatever says them", () => {
  const [stdout, stderr] = [sink(true), sink(true)];
  const output = createOutput({ stdout, stderr, env: {}, json: false });
  output.print(`always ${HOSTILE}`);
  output.say(`always ${HOSTILE}`);
  output.note(`always ${HOSTILE}`);
  output.print(
    columns([
      ["label", HOSTILE],
      [cut(HOSTILE, 40), "1"],
    ]),
  );
  output.print(entries([[HOSTILE, HOSTILE]], 30));
  output.data(JSON.stringify({ label: HOSTILE }));
  const unstyled = HOSTILE.replace(/[\ufdd0-\ufdef]/g, "");
  output.progress(unstyled, 2).update(1, unstyled);
  const written = [...stdout.written, ...stderr.written].join("").replaceAll("\r\u001b[K", "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(written, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\ufdd0-\ufdef]/);
  assert.match(written, /always neg\\u001b\[2J\\u009b31m\\r\nforged/, "print alone lays lines out");
  assert.match(written, /always neg\\u001b\[2J\\u009b31m\\r\\nforged/);
  assert.equal(written.match(/^forged/gm)?.length, 1);
});

test("programs get data as they are", () => {
  const stdout = sink(false);
  createOutput({ stdout, stderr: sink(false), env: {} }).data("a\tb\u009b");
  assert.deepEqual(stdout.written, ["a\tb\u009b\n"]);
});

test("data and records go to standard output, notes to standard error, under --json people's lines too", () => {
  const [stdout, stderr] = [sink(false), sink(false)];
  const output = createOutput({ stdout, stderr, env: {}, json: true });
  output.print("table");
  output.record({ a: 1 });
  output.data("line");
  output.note("careful");
  assert.deepEqual(stdout.written, ['{"a":1}\n', "line\n"]);
  assert.deepEqual(stderr.written, ["table\n", "careful\n"]);
});

test("columns are as wide as their widest cell, without trailing spaces", () => {
  assert.equal(
    columns([
      ["a", "one"],
      ["long", "two"],
      ["c", ""],
    ]),
    "  a     one\n  long  two\n  c",
  );
});

test("in a pipe, progress is one line at once, then one every ten seconds, and the last state", () => {
  const stderr = sink(false);
  let time = 0;
  const progress = createProgress(stderr, "dense, seed 3", 40, { now: () => time });
  for (let step = 1; step <= 40; step++) {
    time += 1000;
    progress.update(step, `loss ${(1 / step).toFixed(2)}`);
  }
  progress.finish();
  assert.deepEqual(stderr.written, [
    "dense, seed 3: 2 %  1/40 · 1 s · 39 s left · loss 1.00\n",
    "dense, seed 3: 27 %  11/40 · 11 s · 29 s left · loss 0.09\n",
    "dense, seed 3: 52 %  21/40 · 21 s · 19 s left · loss 0.05\n",
    "dense, seed 3: 77 %  31/40 · 31 s · 9 s left · loss 0.03\n",
    "dense, seed 3: 100 %  40/40 · 40 s · loss 0.03\n",
  ]);
});

test("what an earlier run did takes no part in the time that is left", () => {
  const stderr = sink(false);
  let time = 0;
  const progress = createProgress(stderr, "training", 40, { now: () => time, from: 20 });
  progress.update(20);
  time += 10_000;
  progress.update(30);
  assert.deepEqual(stderr.written, ["training: 50 %  20/40 · 0 ms\n", "training: 75 %  30/40 · 10 s · 10 s left\n"]);
});

test("on a terminal, progress redraws one line at most ten times a second and never wraps", () => {
  const stderr = sink(true, 40);
  let time = 0;
  const progress = createProgress(stderr, "dense", 1000, { now: () => time });
  for (let step = 1; step <= 1000; step++) {
    time += 1;
    progress.update(step, "a long note that would wrap the line of the terminal");
  }
  assert.ok(stderr.written.length >= 9 && stderr.written.length <= 11, `${stderr.written.length} drawings`);
  for (const text of stderr.written) {
    assert.ok(text.startsWith("\r\u001b[K"));
    assert.ok(text.length - 4 <= 39);
  }
  assert.match(stderr.written[0]!, /░/);
});

test("a line printed while a bar is drawn takes the bar off first", () => {
  const [stdout, stderr] = [sink(true), sink(true)];
  const output = createOutput({ stdout, stderr, env: { NO_COLOR: "1" } });
  output.progress("x", 2).update(1);
  output.print("result");
  assert.equal(stderr.written.at(-1), "\r\u001b[K");
  assert.deepEqual(stdout.written, ["result\n"]);
});

test("durations read as people say them", () => {
  assert.deepEqual([0, 999, 1000, 59_400, 185_000, 3_600_000, 7_800_000].map(duration), [
    "0 ms",
    "999 ms",
    "1 s",
    "59 s",
    "3 min 05 s",
    "1 h 00 min",
    "2 h 10 min",
  ]);
});
