import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { hash32 } from "../../random/index.ts";
import { freshProgress, type Progress } from "../loop.ts";
import { fingerprint, surroundings } from "../run-tiny.fixture.ts";
import { HostState } from "../step/host-state.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { RunDescription } from "./run-description.ts";

/** A storage with a way around it. */
export interface TestPlace {
  readonly storage: CheckpointStorage;
  read(name: string): Uint8Array | Promise<Uint8Array>;
  put(name: string, bytes: Uint8Array): void | Promise<void>;
}

const parameters = [
  { name: "w", shape: [2, 3], decay: true, trainable: true },
  { name: "frozen", shape: [2], decay: true, trainable: false },
];

/** A state full of numbers that no other seed has. */
export function stateOf(seed: number, specs = parameters): HostState {
  const sizes = specs.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)] as const);
  const state = new HostState(specs, new Map(sizes.map(([name, size]) => [name, new Float32Array(size).fill(seed + 0.1)])));
  for (const { m, v } of state.trained) {
    m.array.fill(seed + 0.2);
    v.array.fill(seed + 0.3);
  }
  return state;
}

export const checkpointsOf = (
  place: Pick<TestPlace, "storage">,
  state: HostState,
  { limit = 9, run = { seed: 1 } as RunDescription } = {},
): Checkpoints => new Checkpoints({ storage: place.storage, state, run, surroundings, limit });
export const at = (step: number): Progress => ({ ...freshProgress, step });

/**
 * What every storage of checkpoints must do.
 *
 * @param newPlace - An empty one.
 * @param options.stride - Of the places that are damaged, only every so manyth; default 1. For storages that take a request for each.
 */
export function checkpointsContract(
  where: string,
  newPlace: () => Promise<TestPlace>,
  { stride = 1 }: { readonly stride?: number } = {},
): void {
  describe(`checkpoints in ${where}`, () => {
    describe("what comes back", () => {
      test("parameters, moments, best weights and progress, to the last bit", async () => {
        const place = await newPlace();
        const saved = stateOf(1);
        saved.arrays.get("w")!.value.array.set([-0, 1e-45, Number.NaN, Infinity, 1 / 3, 3.4e38]);
        const best = new Map([
          ["w", Float32Array.of(1, 2, 3, 4, 5, 6)],
          ["frozen", Float32Array.of(7, 8)],
        ]);
        const evaluation = {
          step: 7,
          epoch: 7 / 3,
          metrics: { loss: Number.NaN, worst: -Infinity, accuracy: 0.1 + 0.2 },
          trainLoss: 1 / 3,
          best: true,
        };
        const progress = {
          ...at(7),
          seconds: 1.5,
          bestScore: 0.1 + 0.2,
          evaluationsSinceBest: 2,
          lossSum: 1e-300,
          evaluations: [evaluation],
        };
        const path = await checkpointsOf(place, saved).save(progress, best);
        const loaded = stateOf(2);
        const resumed = await checkpointsOf(place, loaded).resume();
        assert.deepEqual(resumed, { progress, best, path, notes: [] });
        assert.equal(fingerprint(loaded), fingerprint(saved));
        assert.equal(path, place.storage.label("checkpoint-7.crisp"));
      });
      test("in the bytes that format 2 has had from the first", async () => {
        const place = await newPlace();
        const best = new Map([
          ["w", Float32Array.of(1, 2, 3, 4, 5, 6)],
          ["frozen", Float32Array.of(7, 8)],
        ]);
        await checkpointsOf(place, stateOf(1)).save({ ...at(7), bestScore: Number.NaN }, best);
        const digest = createHash("sha256")
          .update(await place.read("checkpoint-7.crisp"))
          .digest("hex");
        assert.equal(digest, "91625e041d5530e642a97380aca03c4daa6f49c7080df58708e0dea6840015a2");
      });
      test("nothing where nothing was saved", async () => {
        assert.equal(await checkpointsOf(await newPlace(), stateOf(1)).resume(), undefined);
      });
      test("another machine is a note, not an error", async () => {
        const place = await newPlace();
        await checkpointsOf(place, stateOf(1)).save(at(1), undefined);
        const now = { runtime: "test 2", threads: 4, cpuFeatures: "" };
        const { notes } = (await new Checkpoints({
          storage: place.storage,
          state: stateOf(2),
          run: { seed: 1 },
          surroundings: now,
          limit: 1,
        }).resume())!;
        assert.deepEqual(notes, [
          "the checkpoint was made with runtime test 1, this is test 2: results may differ in the last bits",
          "the checkpoint was made with threads 1, this is 4: results may differ in the last bits",
        ]);
      });
    });

    describe("damage", async () => {
      const place = await newPlace();
      const path = await checkpointsOf(place, stateOf(1)).save(at(3), undefined);
      const name = "checkpoint-3.crisp";
      const whole = Buffer.from(await place.read(name));
      const state = stateOf(2);
      const untouched = fingerprint(state);
      const checkpoints = checkpointsOf(place, state);
      const refused = async (bytes: Uint8Array, what: string): Promise<void> => {
        await place.put(name, bytes);
        await assert.rejects(() => checkpoints.resume(), { code: "checkpoint/corrupt" }, what);
        assert.equal(fingerprint(state), untouched, `${what}: the state was changed`);
      };

      test("a file cut off at any length is refused", async () => {
        assert.ok(whole.length < 1000, `${whole.length} bytes`);
        for (let length = 0; length < whole.length; length += stride) await refused(whole.subarray(0, length), `${length} bytes`);
      });
      test("a file with any one bit flipped is refused", async () => {
        for (let bit = 0; bit < 8 * whole.length; bit += stride) {
          const bytes = Uint8Array.from(whole);
          bytes[bit >> 3] ^= 1 << (bit & 7);
          await refused(bytes, `bit ${bit}`);
        }
      });
      test("so is one with bytes lost, doubled, zeroed or appended", async () => {
        for (let trial = 0; trial < 200; trial += stride) {
          const start = hash32({ seed: 1, step: trial, site: "start" }, 0) % whole.length;
          const length = 1 + (hash32({ seed: 1, step: trial, site: "length" }, 0) % Math.min(64, whole.length - start));
          const [head, part, tail] = [
            whole.subarray(0, start),
            whole.subarray(start, start + length),
            whole.subarray(start + length),
          ];
          await refused(Buffer.concat([head, tail]), `${length} lost at ${start}`);
          await refused(Buffer.concat([head, part, part, tail]), `${length} doubled at ${start}`);
          await refused(Buffer.concat([whole, part]), `${length} appended`);
          const zeroed = Buffer.concat([head, Buffer.alloc(length), tail]);
          if (!zeroed.equals(whole)) await refused(zeroed, `${length} zeroed at ${start}`);
        }
      });
      test("the message names the file and says what to do", async () => {
        await place.put(name, whole.subarray(0, 20));
        await assert.rejects(() => checkpoints.resume(), {
          message: `${path}: expected a whole checkpoint, got 20 bytes. Delete the file; training then continues from an older one, or from the start.`,
        });
      });
      test("the whole file is still accepted", async () => {
        await place.put(name, whole);
        assert.equal((await checkpoints.resume())?.progress.step, 3);
        assert.equal(fingerprint(state), fingerprint(stateOf(1)));
      });
    });

    describe("several checkpoints", () => {
      const damage = async (place: TestPlace, step: number): Promise<void> => {
        const name = `checkpoint-${step}.crisp`;
        await place.put(name, (await place.read(name)).slice(0, -1));
      };

      test("the newest is taken, by number and not by name", async () => {
        const place = await newPlace();
        for (const step of [9, 10, 100]) await checkpointsOf(place, stateOf(step)).save(at(step), undefined);
        const state = stateOf(0);
        assert.equal((await checkpointsOf(place, state).resume())?.progress.step, 100);
        assert.equal(fingerprint(state), fingerprint(stateOf(100)));
      });
      test("damaged ones are passed over with a note", async () => {
        const place = await newPlace();
        for (const step of [1, 2, 3]) await checkpointsOf(place, stateOf(step)).save(at(step), undefined);
        for (const step of [2, 3]) await damage(place, step);
        const state = stateOf(0);
        const { progress, notes } = (await checkpointsOf(place, state).resume())!;
        assert.equal(progress.step, 1);
        assert.equal(notes.length, 2);
        assert.match(
          notes[0],
          /checkpoint-3\.crisp.*: expected the SHA-256 that was written with it, got another one\. .* Passed over\.$/,
        );
        assert.equal(fingerprint(state), fingerprint(stateOf(1)));
      });
      test("when all are damaged, the newest is named", async () => {
        const place = await newPlace();
        for (const step of [1, 2]) {
          await checkpointsOf(place, stateOf(step)).save(at(step), undefined);
          await damage(place, step);
        }
        const message = /^.*checkpoint-2\.crisp.*: expected the SHA-256/;
        await assert.rejects(() => checkpointsOf(place, stateOf(0)).resume(), { code: "checkpoint/corrupt", message });
      });
      test("beyond the limit the oldest go, after the newest is whole", async () => {
        const place = await newPlace();
        for (let step = 1; step <= 12; step++) {
          await checkpointsOf(place, stateOf(step), { limit: 2 }).save(at(step), undefined);
          const kept = [step - 1, step].filter((n) => n > 0).map((n) => `checkpoint-${n}.crisp`);
          assert.deepEqual((await place.storage.list()).sort(), kept.sort());
        }
      });
      test("a damaged newer one does not push the good ones out", async () => {
        const place = await newPlace();
        for (const step of [50, 100]) await checkpointsOf(place, stateOf(step)).save(at(step), undefined);
        await damage(place, 100);
        const checkpoints = checkpointsOf(place, stateOf(60), { limit: 1 });
        assert.equal((await checkpoints.resume())?.progress.step, 50);
        await checkpoints.save(at(60), undefined);
        assert.deepEqual((await place.storage.list()).sort(), ["checkpoint-60.crisp"]);
      });
      test("other files of the folder are left alone", async () => {
        const place = await newPlace();
        for (const name of ["checkpoint-1.crisp.bak", "notes.txt", "checkpoint-x.crisp"]) await place.put(name, Uint8Array.of(1));
        await checkpointsOf(place, stateOf(1), { limit: 1 }).save(at(1), undefined);
        await checkpointsOf(place, stateOf(2), { limit: 1 }).save(at(2), undefined);
        assert.deepEqual((await place.storage.list()).sort(), [
          "checkpoint-1.crisp.bak",
          "checkpoint-2.crisp",
          "checkpoint-x.crisp",
          "notes.txt",
        ]);
      });
    });

    describe("checkpoints of something else are refused, and nothing is loaded", async () => {
      const place = await newPlace();
      const run = { data: "ab12", options: { learningRate: 2e-5, betas: [0.9, 0.999] }, seed: 1 };
      const path = await checkpointsOf(place, stateOf(1), { run }).save(at(4), undefined);
      const refused = async (now: RunDescription, rule: string, specs = parameters): Promise<void> => {
        const state = stateOf(2, specs);
        const untouched = fingerprint(state);
        await assert.rejects(() => checkpointsOf(place, state, { run: now }).resume(), {
          code: "checkpoint/other-run",
          message: new RegExp(`^${path}: expected ${rule}`),
        });
        assert.equal(fingerprint(state), untouched);
      };

      test("another run, by the first difference", async () => {
        await refused(
          { ...run, seed: 2 },
          "seed 2, as now, got 1\\. Use the settings it was started with, or another output folder\\.$",
        );
        await refused(
          { ...run, options: { ...run.options, learningRate: 3e-5 } },
          "options\\.learningRate 0\\.00003, as now, got 0\\.00002\\.",
        );
        await refused(
          { ...run, options: { ...run.options, betas: [0.9] } },
          "options\\.betas \\[0\\.9\\], as now, got \\[0\\.9,0\\.999\\]\\.",
        );
        await refused({ ...run, extra: true }, "extra true, as now, got unset\\.");
        await refused({ data: "ab12", seed: 1 }, 'options unset, as now, got \\{"learningRate');
      });
      test("what is undefined is as if left out, and order does not matter", async () => {
        const same = {
          seed: 1,
          extra: undefined,
          options: { betas: [0.9, 0.999], learningRate: 2e-5, other: undefined },
          data: "ab12",
        };
        assert.equal((await checkpointsOf(place, stateOf(2), { run: same }).resume())?.progress.step, 4);
      });
      test("another model: a parameter more, fewer, longer, or trained", async () => {
        const [w, frozen] = parameters;
        await refused(run, "1 numbers of value more, got none\\.", [w, frozen, { ...frozen, name: "more", shape: [1] }]);
        await refused(run, "arrays of this model, got value frozen\\.", [w]);
        await refused(run, "8 numbers of value w, got 6\\.", [{ ...w, shape: [2, 4] }, frozen]);
        await refused(run, "2 numbers of m frozen, got none\\.", [w, { ...frozen, trainable: true }]);
      });
      test("another version's whole file is neither passed over nor deleted", async () => {
        const other = await newPlace();
        const bytes = Buffer.from(await place.read("checkpoint-4.crisp"));
        bytes.write("3", 7, "latin1");
        createHash("sha256")
          .update(bytes.subarray(0, -32))
          .digest()
          .copy(bytes, bytes.length - 32);
        await other.put("checkpoint-9.crisp", bytes);
        await other.put("checkpoint-4.crisp", await place.read("checkpoint-4.crisp"));
        await assert.rejects(() => checkpointsOf(other, stateOf(2), { run }).resume(), {
          code: "checkpoint/other-version",
          message: `${other.storage.label("checkpoint-9.crisp")}: expected a checkpoint of format 2, got format 3. Go on with the version of Crisp that wrote it, or choose another output folder.`,
        });
      });
    });
  });
}
