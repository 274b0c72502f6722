import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { freshProgress } from "../loop.ts";
import { readCheckpointHeader } from "./checkpoint-format.ts";
import { memoryStorage } from "./memory-storage.fixture.ts";

const header = { progress: freshProgress, run: {}, surroundings: {}, arrays: [["w", 3]] };

/** A file whose digest is right, whatever its header says. */
function forged(json: string, floats = 3, declared = json.length): Uint8Array {
  const front = Buffer.alloc(12);
  front.write("CRISPCK2");
  front.writeUInt32LE(declared, 8);
  const before = Buffer.concat([front, Buffer.from(json), Buffer.alloc(4 * floats)]);
  return new Uint8Array(Buffer.concat([before, createHash("sha256").update(before).digest()]));
}
async function read(bytes: Uint8Array): Promise<unknown> {
  const storage = memoryStorage(new Map([["a", bytes]]));
  return readCheckpointHeader(await storage.open("a"), "a", storage.createDigest);
}

test("a whole checkpoint gives its header", async () => {
  assert.deepEqual(await read(forged(JSON.stringify(header))), header);
});

describe("a digest that is right makes no other header pass", () => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["no JSON", forged("{"), /expected a header in JSON/],
    ["null", forged("null"), /expected an object progress in its header, got nothing/],
    [
      "arrays beyond the file",
      forged(JSON.stringify({ ...header, arrays: [["w", 2 ** 50]] })),
      /expected 12 bytes of arrays, got 4503599627370496/,
    ],
    [
      "a negative array",
      forged(
        JSON.stringify({
          ...header,
          arrays: [
            ["w", 4],
            ["b", -1],
          ],
        }),
      ),
      /names and lengths of its arrays/,
    ],
    ["a header beyond the file", forged("{}", 0, 2 ** 31), /a header of at most 2 bytes, got 2147483648/],
    [
      "no list of evaluations",
      forged(JSON.stringify({ ...header, progress: { ...freshProgress, evaluations: {} } })),
      /progress\.evaluations/,
    ],
    ["a text for a step", forged(JSON.stringify({ ...header, progress: { ...freshProgress, step: "3" } })), /progress\.step/],
  ];
  for (const [name, bytes, message] of cases)
    test(name, () => assert.rejects(read(bytes), { code: "checkpoint/corrupt", message }));
});
