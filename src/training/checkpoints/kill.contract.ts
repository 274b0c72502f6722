import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hash32 } from "../../random/index.ts";
import { runTiny } from "../run-tiny.fixture.ts";
import { type FromChild, killedRun } from "./kill-child.fixture.ts";

const draw = (life: number, site: string, below: number): number => hash32({ seed: 2026, step: life, site }, 0) % below;

/** One life of the training process: until it is killed, or has finished. */
function live(folder: string, life: number, mayKill: boolean): Promise<{ outcome?: unknown; killed: boolean }> {
  const entry = new URL("./kill-child.fixture.ts", import.meta.url);
  // every second one is killed while it writes, the others at any moment
  const whileSaving = life % 2 === 0;
  const deathAtSave = mayKill && whileSaving ? [draw(life, "save", 4), draw(life, "call", 30)].map(String) : [];
  // without the test runner's own flags
  const child = fork(entry, [folder, ...deathAtSave], { serialization: "advanced", execArgv: [] });
  let outcome: unknown;
  child.on("message", (message: FromChild) => {
    if (message.type === "finished") outcome = message.outcome;
    else if (mayKill && !whileSaving) setTimeout(() => child.kill("SIGKILL"), draw(life, "moment", 150));
  });
  return new Promise((resolve, reject) => {
    child.on("exit", (code, signal) => {
      const killed = signal === "SIGKILL";
      if (killed || outcome !== undefined) resolve({ outcome, killed });
      else reject(new Error(`life ${life} ended with ${code ?? signal} and without a result`));
    });
  });
}

/**
 * Kill a training again and again: it ends with the bits of an uninterrupted run.
 *
 * @param options.most - Kills.
 * @param options.leastWhileWriting - How many of them must leave a checkpoint half written.
 */
export function killContract({ most, leastWhileWriting }: { readonly most: number; readonly leastWhileWriting: number }): void {
  test(`killed ${most} times at any moment, training ends with the bits of an uninterrupted run`, {
    timeout: 120_000,
  }, async (context) => {
    const { outcome: expected } = await runTiny(killedRun);
    const root = mkdtempSync(join(tmpdir(), "crisp-kill-"));
    let [kills, whileWriting, finished] = [0, 0, 0];
    try {
      for (let life = 0; kills < most || finished === 0; life++) {
        // should a run finish before all kills are done, another one begins
        const folder = join(root, `${finished}`);
        const { outcome, killed } = await live(folder, life, kills < most);
        if (killed) {
          kills++;
          if (existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(".checkpoint-"))) whileWriting++;
        }
        // a run may finish and be killed on its way out
        if (outcome === undefined) continue;
        assert.deepEqual(outcome, expected, `run ${finished}, after ${kills} kills`);
        finished++;
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
    context.diagnostic(`${kills} kills, ${whileWriting} of them while a checkpoint was written; ${finished} runs finished`);
    assert.equal(kills, most);
    assert.ok(whileWriting >= leastWhileWriting, `only ${whileWriting} kills hit a half-written checkpoint`);
    assert.ok(finished >= 1);
  });
}
