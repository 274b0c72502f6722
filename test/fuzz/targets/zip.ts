import { posix, win32 } from "node:path";
import { zipSync } from "fflate";
import { modelZip, readModelZip } from "../../../src/models/index.ts";
import { mutateBytes, mutateWithin } from "../mutate-bytes.ts";
import { oddPath } from "../odd-paths.ts";
import type { Random } from "../random.ts";
import { check, type Target } from "../target.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const CONTENTS = new Map([
  ["config.json", encode('{"model_type": "bert"}')],
  ["onnx/model.onnx", encode("0123456789".repeat(20))],
]);

const seeds = (): Uint8Array[] => [
  modelZip(CONTENTS),
  zipSync(Object.fromEntries(CONTENTS), { level: 9 }),
  zipSync({ model: { "config.json": encode("{}"), "a.txt": [encode("a".repeat(500)), { level: 9 }] } }, { comment: "x" }),
];

function mutate(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.4)) {
    const odd = Array.from({ length: 1 + random.below(3) }, () => oddPath(random, [...CONTENTS.keys()]).slice(0, 2000));
    // a folder in the zip is taken off, and what is left must not lead out either
    const names = random.chance(0.3) ? ["m/config.json", ...odd.map((name) => `m/${name}`)] : odd;
    return zipSync(Object.fromEntries(names.filter((name) => name !== "__proto__").map((name) => [name, encode(name)])), {
      level: random.chance(0.5) ? 0 : 6,
    });
  }
  // the table of contents at the end says how much is unpacked, and where from
  const half = Math.floor(bytes.length / 2);
  return random.chance(0.5) ? mutateWithin(random, bytes, other, half, bytes.length) : mutateBytes(random, bytes, other);
}

/** Every path stays inside the folder it is joined to, on any system. */
function run(bytes: Uint8Array): void {
  for (const [path, content] of readModelZip(bytes)) {
    check(content instanceof Uint8Array, `${path} has no bytes`);
    check(posix.join("/model", path).startsWith("/model/"), `${JSON.stringify(path)} leads out of the folder`);
    check(
      win32.resolve("D:\\model", path).startsWith("D:\\model\\"),
      `${JSON.stringify(path)} leads out of the folder on Windows`,
    );
    check(!path.includes("\0"), "a zero byte in a name");
  }
}

export const zip: Target = { name: "zip", seeds, mutate, run, memory: { floor: 4 << 20, factor: 2 * 1032 } };
