import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { lockFolder } from "./folder-lock-node.ts";
import { takeLock } from "./lock-node.ts";
import { isProcessAlive } from "./process-node.ts";

/** What a child says: it is ready, or holds the lock (alone or not), or another one does. */
export type FromChild = "ready" | "alone" | "shared" | "busy";

// Forked with what it does, where, and how often; imported by the test, it does nothing.
const [what, path, times] = process.argv.slice(2);
const tell = (message: FromChild): Promise<void> =>
  new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()));
const kill = (): void => void process.kill(process.pid, "SIGKILL");

/** Whether nobody else who lives is between taking and releasing. */
async function alone(): Promise<FromChild> {
  const holder = `${path}.holder`;
  try {
    writeFileSync(holder, `${process.pid}`, { flag: "wx" });
  } catch {
    if (isProcessAlive(Number(readFileSync(holder, "utf8")))) return "shared";
    writeFileSync(holder, `${process.pid}`);
  }
  await sleep(3 * Math.random());
  return readFileSync(holder, "utf8") === `${process.pid}` ? "alone" : "shared";
}

/** Take and release, again and again; the last time it dies as the owner. */
async function race(): Promise<void> {
  const settings = { lockBeatMs: 1000, staleLockMs: 60_000, sleep: async () => void (await sleep(2 * Math.random())) };
  for (let turn = 1; turn <= Number(times); turn++) {
    const lock = (await takeLock(path, { settings, isDone: () => false }))!;
    await tell(await alone());
    if (turn === Number(times)) kill();
    rmSync(`${path}.holder`);
    lock.release();
  }
}

/** Try once, when told to, and keep it until told to end. */
async function keep(): Promise<void> {
  const told = (next: () => void) => process.once("message", next);
  await tell("ready");
  told(async () => {
    try {
      lockFolder(path, { code: "file/busy", what: "training" });
      told(() => process.exit());
      await tell(await alone());
    } catch (error) {
      await tell((error as { code?: string }).code === "file/busy" ? "busy" : "shared");
      process.exit();
    }
  });
}

if (process.send && what === "race") await race();
if (process.send && what === "keep") await keep();
