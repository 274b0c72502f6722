import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process as others can find it again, on any machine that shares the disk. */
export interface ProcessId {
  readonly pid: number;
  readonly host: string;
  /** Of the system since it was started, and of the container: only where both are the same, numbers mean the same. Linux only. */
  readonly boot?: string;
  readonly container?: string;
  /** When it began, in the system's ticks: tells two processes of one number apart. Linux only. */
  readonly start?: string;
}

export const thisProcess = (): ProcessId => ({
  pid: process.pid,
  host: hostname(),
  boot: bootId(),
  container: container(),
  start: startOf(process.pid),
});

/** Whether a process ran on this machine before that was last started; also one of another machine that has its name. */
export const isOfEarlierBoot = ({ host, boot }: ProcessId): boolean =>
  host === hostname() && boot !== undefined && boot !== bootId();

/**
 * Whether a process lives, as far as this machine can know: of one on another machine, in another container or from before the last
 * start it knows nothing.
 */
export function lifeOf({ pid, host, boot, container: own, start }: ProcessId): "lives" | "gone" | "unknown" {
  if (host !== hostname()) return "unknown";
  if (boot !== undefined && (boot !== bootId() || own !== container())) return "unknown";
  if (!isProcessAlive(pid)) return "gone";
  const now = startOf(pid);
  if (now === undefined || start === undefined) return "unknown";
  return now === start ? "lives" : "gone";
}

/** `<pid>.<start>.<machine and container>`: a process in the name of a file that nobody else should touch while it lives. */
export const processTag = (): string => `${process.pid}.${startOf(process.pid) ?? 0}.${placeTag()}`;
export const PROCESS_TAG = "\\d+\\.\\d+\\.[0-9a-f]{8}";

/** As `lifeOf`, by a tag. */
export function lifeOfTag(tag: string): "lives" | "gone" | "unknown" {
  const [pid, start, place] = tag.split(".");
  if (place !== placeTag()) return "unknown";
  if (!isProcessAlive(Number(pid))) return "gone";
  return (startOf(Number(pid)) ?? "0") === start ? "lives" : "gone";
}

const placeTag = (): string =>
  createHash("sha256")
    .update(`${hostname()} ${container() ?? ""}`)
    .digest("hex")
    .slice(0, 8);

/** Whether a process of this machine lives. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

const fromSystem = (read: () => string): string | undefined => {
  try {
    return read().trim();
  } catch {
    return undefined;
  }
};

const bootId = (): string | undefined => fromSystem(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
const container = (): string | undefined => fromSystem(() => readlinkSync("/proc/self/ns/pid"));
const startOf = (pid: number): string | undefined =>
  fromSystem(
    () =>
      // the name before it, in brackets, may hold spaces
      readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ")[19],
  );
