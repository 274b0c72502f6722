import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files of `test/fixtures/models` by name. */
export function modelFixtures(): Map<string, Uint8Array> {
  const folder = join(import.meta.dirname, "../../test/fixtures/models");
  const files = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  return new Map(files.map((name) => [name, readFileSync(join(folder, name))]));
}
