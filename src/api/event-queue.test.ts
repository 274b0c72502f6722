import assert from "node:assert/strict";
import { test } from "node:test";
import { withEvents } from "./event-queue.ts";

type Said = { readonly type: "data" | "evaluated" | "step" | "finished"; readonly step?: number };

async function heard(run: AsyncIterable<Said>): Promise<Said[]> {
  const all: Said[] = [];
  for await (const event of run) all.push(event);
  return all;
}

/** A run of so many updates, evaluated after every thousand, which lets others work after every hundred. */
const long = (steps: number) =>
  withEvents<Said, string>(async (emit) => {
    emit({ type: "data" });
    for (let step = 1; step <= steps; step++) {
      emit({ type: "step", step });
      if (step % 1000 === 0) emit({ type: "evaluated", step });
      if (step % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    emit({ type: "finished" });
    return "done";
  });

test("events that nobody reads are kept up to a bound: the oldest progress is forgotten, the newest and all else stay", async () => {
  const run = long(100_000);
  assert.equal(await run.result, "done");
  const late = await heard(run);
  assert.ok(late.length <= 10_000, `${late.length} events`);
  assert.deepEqual(
    late.filter(({ type }) => type === "evaluated").map(({ step }) => step),
    Array.from({ length: 100 }, (_, at) => 1000 * (at + 1)),
  );
  assert.deepEqual(late[0], { type: "data" });
  assert.deepEqual(late.slice(-3), [{ type: "step", step: 100_000 }, { type: "evaluated", step: 100_000 }, { type: "finished" }]);
  const steps = late.filter(({ type }) => type === "step").map(({ step }) => step!);
  assert.deepEqual(
    steps,
    Array.from({ length: steps.length }, (_, at) => 100_000 - steps.length + 1 + at),
  );
  assert.deepEqual(await heard(run), late);
});

test("whoever keeps up hears every event, in order, however many there are", async () => {
  const all = await heard(long(30_000));
  const steps = all.filter(({ type }) => type === "step").map(({ step }) => step);
  assert.deepEqual(
    steps,
    Array.from({ length: 30_000 }, (_, at) => at + 1),
  );
});

test("events of one kind only that are no progress are bounded too, the oldest forgotten first", async () => {
  const run = withEvents<Said, void>(async (emit) => {
    for (let step = 1; step <= 50_000; step++) emit({ type: "evaluated", step });
  });
  await run.result;
  const late = await heard(run);
  assert.ok(late.length <= 10_000, `${late.length} events`);
  assert.equal(late.at(-1)!.step, 50_000);
});

test("a failure reaches whoever iterates, after the events before it, and the result", async () => {
  const run = withEvents<Said, void>(async (emit) => {
    emit({ type: "data" });
    throw new Error("no data");
  });
  const said: Said[] = [];
  await assert.rejects(
    async () => {
      for await (const event of run) said.push(event);
    },
    { message: "no data" },
  );
  assert.deepEqual(said, [{ type: "data" }]);
  await assert.rejects(run.result, { message: "no data" });
});
