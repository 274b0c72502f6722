import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { writeOwnFiles } from "./own-files-node.ts";
import { contentOf, NAMES } from "./replace-child.fixture.ts";

export const root = mkdtempSync(join(tmpdir(), "crisp-replace-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
export const newFolder = (): string => join(root, `${folders++}`);
export const text = (path: string): string => readFileSync(path, "utf8");
export const write = (folder: string, model: string): void => writeOwnFiles(folder, contentOf(model), { obsolete: NAMES });
export const saved = (model: string): string => {
  const folder = newFolder();
  write(folder, model);
  return folder;
};
export const all = { names: () => true };
const fixture = new URL("./replace-child.fixture.ts", import.meta.url).pathname;

/** Replace the model in a folder by B in another process, which may be killed before a step of any kind, or of one. @returns Whether it was killed before its step. */
export async function replacedUpTo(folder: string, step: number, kind?: string): Promise<boolean> {
  const child = spawn(process.execPath, [fixture, "replace", folder, `${step}`, ...(kind ? [kind] : [])], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [code, signal] = await once(child, "close");
  if (signal === null) assert.equal(code, 0);
  return signal === "SIGKILL";
}

/** What files a folder holds, Crisp's own of both models, by their content. */
export const modelIn = (folder: string): Record<string, string> =>
  Object.fromEntries(NAMES.filter((name) => existsSync(join(folder, name))).map((name) => [name, text(join(folder, name))]));
