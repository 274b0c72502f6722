import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LogEvent, RunLog } from "../../runs/index.ts";
import { DENSE, SPARSE, storedRun, tinyHeader, tinyStudy } from "../tiny-study.fixture.ts";
import type { RunKey, StudyRun, StudyStore } from "./store.ts";

/** Where one study lives, of which stores are opened one after another. */
export interface StudyPlace {
  store(): StudyStore;
}

const header = tinyHeader();
const { runs } = header;
const recordOf = ({ arm, seed }: RunKey) => storedRun({ arm, seed });

async function opened(place: StudyPlace, asked = header): Promise<StudyStore> {
  const store = place.store();
  await store.open(asked);
  return store;
}

async function claimAll(store: StudyStore, worker = "a"): Promise<StudyRun[]> {
  const taken: StudyRun[] = [];
  for (let run = await store.claim(worker); run; run = await store.claim(worker)) taken.push(run);
  return taken;
}

async function texts(log: RunLog): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of log.read()) found.push(event.type === "note" && event.text);
  return found;
}
const note = (text: string): LogEvent => ({ type: "note", text });

/** What every store of studies does. */
export function studyStoreContract(name: string, newPlace: () => StudyPlace | Promise<StudyPlace>): void {
  describe(`${name} as a store of studies`, () => {
    test("seeds vary slowest in the order of runs", () => {
      assert.deepEqual(
        runs.map(({ arm, seed }) => [arm, seed]),
        [
          [DENSE, 1],
          [SPARSE, 1],
          [DENSE, 2],
          [SPARSE, 2],
        ],
      );
    });

    test("hands out each run once, in their order, and again what is given back", async () => {
      const store = await opened(await newPlace());
      assert.deepEqual(await claimAll(store), runs);
      await store.release(runs[2], "b");
      assert.equal(await store.claim("b"), undefined, "another's run cannot be given back");
      await store.release(runs[2], "a");
      assert.deepEqual(await store.claim("b"), runs[2]);
      await store.close();
    });

    test("a worker's sign of life counts for its own runs alone", async () => {
      const store = await opened(await newPlace());
      const run = (await store.claim("a"))!;
      assert.equal(await store.beat(run, "a"), true);
      assert.equal(await store.beat(run, "b"), false);
      await store.release(run, "a");
      assert.equal(await store.beat(run, "a"), false);
      await store.close();
    });

    test("a run is finished once, by the worker that has it", async () => {
      const store = await opened(await newPlace());
      const run = (await store.claim("a"))!;
      assert.equal(await store.finish(run, "b", recordOf(run)), false);
      assert.deepEqual(await store.finished(), []);
      assert.equal(await store.finish(run, "a", recordOf(run)), true);
      assert.equal(await store.finish(run, "a", { ...recordOf(run), freshParameters: ["another"] }), false);
      assert.deepEqual(await store.finished(), [recordOf(run)]);
      const given = (await store.claim("a"))!;
      await store.release(given, "a");
      assert.equal(await store.finish(given, "a", recordOf(given)), false);
      await store.close();
    });

    test("runs that are left when a store is closed are free again", async () => {
      const place = await newPlace();
      const first = await opened(place);
      await claimAll(first);
      await first.close();
      const later = await opened(place);
      assert.deepEqual(await later.claim("b"), runs[0]);
      await later.close();
    });

    test("a run that failed can be tried again", async () => {
      const store = await opened(await newPlace());
      const run = (await store.claim("a"))!;
      await store.release(run, "a", "expected a finite loss, got NaN");
      assert.deepEqual(await store.claim("b"), run);
      await store.close();
    });

    test("finished runs come back as they were kept, in the order of the study, and are not handed out again", async () => {
      const place = await newPlace();
      const first = await opened(place);
      assert.deepEqual(await first.finished(), []);
      await claimAll(first);
      const finished = [runs[0], runs[1], runs[3]];
      for (const run of finished.toReversed()) await first.finish(run, "a", recordOf(run));
      assert.deepEqual(await first.finished(), finished.map(recordOf));
      await first.release(runs[2], "a");
      await first.close();
      const later = await opened(place);
      assert.deepEqual(await later.finished(), finished.map(recordOf));
      assert.deepEqual(await claimAll(later), [runs[2]]);
      await later.close();
    });

    test("finished runs are read without opening the study, by their names and ids", async () => {
      const place = await newPlace();
      const first = await opened(place);
      await first.claim("a");
      await first.finish(runs[0], "a", recordOf(runs[0]));
      await first.close();
      const reader = place.store();
      assert.deepEqual(await reader.finished(header), [recordOf(runs[0])]);
      assert.deepEqual(await reader.finished({ ...header, runs: [{ ...runs[0], id: "another" }] }), []);
      assert.deepEqual(await reader.finished({ ...header, runs: [runs[1]] }), []);
    });

    test("another study is refused, and the first can continue", async () => {
      const place = await newPlace();
      await (await opened(place)).close();
      const [first, ...others] = runs;
      await assert.rejects(place.store().open({ ...header, runs: [{ ...first, id: "another" }, ...others] }), {
        code: "study/other-study",
        message: /expected dense\.seed-1 of the same model, tokenizer, data, arm and options, got another one/,
      });
      await (await opened(place)).close();
    });

    test("before the first run is finished the plan may change; afterwards more or fewer seeds are welcome, others are not", async () => {
      const place = await newPlace();
      const { claims } = header.plan;
      const begin = { seeds: [1, 2], looks: [2], claims };
      const plan = async (seeds: number[], looks = [seeds.length]) => {
        const store = place.store();
        const holds = await store.open(tinyHeader({ seeds, looks }));
        const free = await claimAll(store);
        for (const run of free) await store.release(run, "a");
        await store.close();
        return { holds, free };
      };
      assert.deepEqual((await plan([3, 4, 5], [2, 3])).holds, { seeds: [3, 4, 5], looks: [2, 3], claims });
      assert.deepEqual((await plan([1, 2])).holds, begin);
      const store = await opened(place);
      await store.claim("a");
      await store.finish(runs[0], "a", recordOf(runs[0]));
      await store.close();
      const more = await plan([1, 2, 3]);
      assert.deepEqual(more.holds, begin);
      assert.deepEqual(more.free, [...runs.slice(1), ...tinyHeader({ seeds: [3] }).runs]);
      assert.deepEqual(await plan([1]), { holds: begin, free: [runs[1]] });
      await assert.rejects(plan([2, 3]), {
        code: "study/other-study",
        message: /expected seeds 1,2, or more beside them, got 2,3/,
      });
    });

    test("a study grows by an arm: what is finished stays, and its claims are those of the plan", async () => {
      const place = await newPlace();
      const store = await opened(place);
      await store.claim("a");
      await store.finish(runs[0], "a", recordOf(runs[0]));
      await store.close();
      const [dense, sparse] = tinyStudy().arms;
      const grown = tinyHeader({ arms: [dense, sparse, { ...sparse, name: "more", plan: { pattern: "topK(sparsity=0.9)" } }] });
      const later = place.store();
      assert.deepEqual((await later.open(grown)).claims, [SPARSE]);
      assert.deepEqual(await later.finished(), [recordOf(runs[0])]);
      assert.deepEqual(await claimAll(later), grown.runs.slice(1));
      await later.close();
    });

    test("a run's log continues where it was, and each run has its own", async () => {
      const place = await newPlace();
      const first = await opened(place);
      await first.log(runs[0]).append(note("begun"), note("warming up"));
      await first.close();
      const later = await opened(place);
      await later.log(runs[0]).append(note("resumed"));
      await later.log(runs[1]).append(note("another"));
      assert.deepEqual(await texts(later.log(runs[0])), ["begun", "warming up", "resumed"]);
      assert.deepEqual(await texts(later.log(runs[1])), ["another"]);
      assert.deepEqual(await texts(later.log(runs[2])), []);
      await later.close();
    });

    test("each run's checkpoints have a name of their own, the same whenever it is asked", async () => {
      const place = await newPlace();
      const names = async (): Promise<string[]> => {
        const store = await opened(place);
        await store.close();
        return runs.map((run) => store.checkpoints(run));
      };
      const found = await names();
      assert.equal(new Set(found).size, runs.length);
      assert.deepEqual(await names(), found);
    });
  });
}
