// Loaded by `node --import` before anything of Crisp: makes calls of the file system fail, or the process die, as its fault says.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import { type Counted, FAULT, type Fault } from "./fault.ts";

const fault = JSON.parse(process.env[FAULT]!) as Fault;
const real = { ...fs };
type Call = (...all: unknown[]) => unknown;

// One count for all threads of a process.
const KEY = "crisp-torture-counts";
const buffer = (getEnvironmentData(KEY) as SharedArrayBuffer | undefined) ?? new SharedArrayBuffer(12);
const isFirst = getEnvironmentData(KEY) === undefined;
setEnvironmentData(KEY, buffer);
const counts = new Int32Array(buffer);
const CALLS = 0;
const BYTES = 1;
const STANDS = 2;

/** Paths of open files. */
const opened = new Map<number, string>();
const pathOf = (subject: unknown): string => (typeof subject === "number" ? (opened.get(subject) ?? "") : resolve(`${subject}`));
const isBelowRoot = (path: string): boolean => path.startsWith(fault.root + sep);

const errnos: Readonly<Record<string, number>> = { EROFS: -30, EACCES: -13, EIO: -5, ENOSPC: -28 };
const failure = (code: string, syscall: string, path: string): Error =>
  Object.assign(new Error(`${code}: as the torture run has it, ${syscall} '${path}'`), {
    code,
    errno: errnos[code],
    syscall,
    path,
  });

const die = (): void => {
  process.kill(process.pid, "SIGKILL");
  // whichever thread this is, it does nothing more
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

const struck = (): boolean => "at" in fault && fault.kind !== "full" && counts[CALLS] >= fault.at;
const only = "path" in fault && fault.path !== undefined ? new RegExp(fault.path) : undefined;

/**
 * What befalls a call, before it is done.
 *
 * @param halfDone - What a process that dies in the middle of the call has done of it.
 */
function befall(syscall: string, path: string, halfDone: () => void = () => {}): void {
  if (fault.kind === "pause") while (counts[STANDS] === 1) Atomics.wait(counts, STANDS, 1);
  if (fault.kind === "fail" && !fault.once && struck()) throw failure(fault.code, syscall, path);
  if (only && !only.test(`${syscall} ${path}`)) return;
  const nth = Atomics.add(counts, CALLS, 1) + 1;
  if (!("at" in fault) || nth !== fault.at) return;
  if (fault.kind === "kill") {
    halfDone();
    die();
  }
  if (fault.kind === "pause") standStill(fault.paused);
  if (fault.kind === "fail") throw failure(fault.code, syscall, path);
}

/** With all threads that would change something. */
function standStill(paused: string): void {
  counts[STANDS] = 1;
  real.writeFileSync(paused, "");
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (real.existsSync(paused)) Atomics.wait(pause, 0, 0, 5);
  counts[STANDS] = 0;
  Atomics.notify(counts, STANDS);
}

const isFull = (): boolean => fault.kind === "full" && counts[BYTES] >= fault.at;
/** @returns How many of some bytes find room. */
function room(length: number): number {
  const before = Atomics.add(counts, BYTES, length);
  return fault.kind === "full" ? Math.max(0, Math.min(length, fault.at - before)) : length;
}

const wrap = (name: keyof typeof fs, wrapped: (call: Call, all: unknown[]) => unknown): void => {
  const call = real[name] as Call;
  Object.assign(fs, { [name]: (...all: unknown[]) => wrapped(call, all) });
};

for (const name of ["renameSync", "rmSync", "rmdirSync", "unlinkSync", "fsyncSync", "truncateSync", "utimesSync"] as const) {
  wrap(name, (call, all) => {
    const path = pathOf(all[0]);
    if (isBelowRoot(path)) befall(name.replace("Sync", ""), path);
    return call(...all);
  });
}
for (const name of ["mkdirSync", "linkSync", "symlinkSync"] as const) {
  wrap(name, (call, all) => {
    const path = pathOf(all[0]);
    if (isBelowRoot(path)) {
      befall(name.replace("Sync", ""), path);
      if (isFull() && !real.existsSync(path)) throw failure("ENOSPC", name.replace("Sync", ""), path);
    }
    return call(...all);
  });
}
wrap("openSync", (call, all) => {
  const path = pathOf(all[0]);
  const flags = all[1] ?? "r";
  const writes = typeof flags === "number" ? (flags & 3) !== 0 : flags !== "r";
  if (writes && isBelowRoot(path)) {
    befall("open", path);
    if (isFull() && !real.existsSync(path)) throw failure("ENOSPC", "open", path);
  }
  const file = call(...all) as number;
  opened.set(file, writes ? path : "");
  return file;
});
wrap("writeSync", (call, [file, data, at = 0, length, ...rest]) => {
  const path = pathOf(file);
  if (!isBelowRoot(path)) return call(file, data, at, length, ...rest);
  const bytes = typeof data === "string" ? Buffer.from(data) : (data as Uint8Array);
  const start = typeof data === "string" ? 0 : (at as number);
  const size = typeof data === "string" ? bytes.length : ((length as number | undefined) ?? bytes.length - start);
  befall("write", path, () => call(file, bytes, start, size >> 1));
  const fits = room(size);
  if (fits === 0 && size > 0) throw failure("ENOSPC", "write", path);
  return call(file, bytes, start, fits);
});
for (const name of ["writeFileSync", "appendFileSync"] as const) {
  wrap(name, (call, [target, data, ...rest]) => {
    const path = pathOf(target);
    if (!isBelowRoot(path)) return call(target, data, ...rest);
    const bytes = typeof data === "string" ? Buffer.from(data) : (data as Uint8Array);
    befall("write", path, () => call(target, bytes.subarray(0, bytes.length >> 1), ...rest));
    const fits = room(bytes.length);
    if (fits === bytes.length) return call(target, data, ...rest);
    if (fits > 0 || real.existsSync(path)) call(target, bytes.subarray(0, fits), ...rest);
    throw failure("ENOSPC", "write", path);
  });
}

if (fault.kind === "clock") {
  const shift = (): number => (struck() ? fault.shiftMs : 0);
  const RealDate = Date;
  globalThis.Date = class extends RealDate {
    constructor(...all: unknown[]) {
      if (all.length === 0) super(RealDate.now() + shift());
      else super(...(all as [number]));
    }
    static override now(): number {
      return RealDate.now() + shift();
    }
  } as DateConstructor;
  for (const name of ["statSync", "lstatSync"] as const) {
    wrap(name, (call, all) => {
      const found = call(...all) as fs.Stats | undefined;
      if (found && typeof found.mtimeMs === "number" && struck()) found.mtimeMs += fault.fileShiftMs;
      return found;
    });
  }
}
syncBuiltinESMExports();

if (fault.kind === "count" && isFirst) {
  process.on("exit", () => {
    const counted: Counted = { calls: counts[CALLS], bytes: counts[BYTES] };
    real.writeFileSync(fault.to, JSON.stringify(counted));
  });
}
