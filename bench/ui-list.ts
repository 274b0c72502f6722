// How long `crisp ui` takes over 10,000 runs: node bench/ui-list.ts [runs]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { madeUpTraining } from "../src/cli/ui/made-up.fixture.ts";

const runs = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), "crisp-ui-list-"));
try {
  for (let at = 0; at < runs; at++) madeUpTraining(join(folder, `team-${at % 20}/run-${at}`));
  const command = spawn(process.execPath, [join(import.meta.dirname, "../bin/crisp.mjs"), "ui", folder, "--json"]);
  const [line] = await once(command.stdout.setEncoding("utf8"), "data");
  const start = performance.now();
  const address: string = JSON.parse(line).url;
  const signedIn = await fetch(address, { redirect: "manual" });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  const timed = async (what: string, path: string): Promise<string> => {
    const before = performance.now();
    const text = await (await fetch(new URL(path, address), { headers: { cookie } })).text();
    console.log(`${what.padEnd(28)} ${(performance.now() - before).toFixed(0).padStart(6)} ms  ${text.length} characters`);
    return text;
  };
  await timed("first page, while it looks", "/");
  while ((await (await fetch(new URL("/", address), { headers: { cookie } })).text()).includes("still looking")) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  console.log(`${"all seen after".padEnd(28)} ${(performance.now() - start).toFixed(0).padStart(6)} ms`);
  await timed("first page", "/");
  await timed("filtered", "/?text=team-3+run-12");
  await timed("last page", "/?page=100000");
  command.kill("SIGINT");
  await once(command, "exit");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
