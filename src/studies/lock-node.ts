import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expectedGot } from "../errors/index.ts";

/**
 * Keep a folder for this process: two would train the same runs, and delete each other's checkpoints. The lock of a process that has
 * died is taken over.
 *
 * @returns What gives it back.
 * @throws `study/busy`.
 */
export function lockStudy(folder: string): () => void {
  const file = join(folder, ".lock");
  take(file, folder);
  const release = (): void => {
    process.off("exit", release);
    rmSync(file, { force: true });
  };
  // a second Ctrl-C ends the process at once
  process.once("exit", release);
  return release;
}

function take(file: string, folder: string): void {
  const own = `${process.pid} ${hostname()}`;
  try {
    writeFileSync(file, own, { flag: "wx" });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const found = readFileSync(file, "utf8");
  const [pid, host] = found.split(" ");
  if (found !== own && (host !== hostname() || isAlive(Number(pid)))) {
    const hint = `Wait for it, or give another --output_dir. If it is gone, remove ${file}.`;
    throw expectedGot("study/busy", folder, "a folder that no other process works on", `process ${pid} on ${host}`, hint);
  }
  writeFileSync(file, own);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
