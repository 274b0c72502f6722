import { type ChildProcess, fork } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism, cpus, homedir, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { cpuFeatures } from "../runs/index-node.ts";
import { keepTelemetryOff } from "../runtime/index-node.ts";
import type { RuntimeProbe } from "./verbs/doctor-probe.ts";

/** What `crisp doctor` reads off this machine; nothing of it leaves the machine. */
export interface MachineFacts {
  readonly crisp: string;
  readonly node: string;
  readonly system: string;
  readonly cpu: {
    readonly model: string;
    readonly cores: number /** e.g. `avx2`, `avx512f`; Linux only. */;
    readonly features: readonly string[];
  };
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  readonly workingFolder: { readonly path: string; readonly writable: boolean; readonly freeBytes: number | null };
  readonly hubCache: { readonly path: string; readonly exists: boolean; readonly writable: boolean; readonly offline: boolean };
  readonly webAssemblySimd: boolean;
  readonly runtimes: Readonly<Record<"onnxruntime-node" | "onnxruntime-web", RuntimeProbe>>;
}

/** Look at the machine; takes about two seconds, most of it the two measurements, one after the other. */
export async function readMachine(env: NodeJS.ProcessEnv = process.env): Promise<MachineFacts> {
  const cwd = process.cwd();
  const cache = hubCacheFolder(env);
  return {
    crisp: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
    node: process.versions.node,
    system: `${process.platform} ${process.arch} ${release()}`,
    cpu: {
      model: cpus()[0]?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      features: cpuFeatures().split(" ").filter(Boolean),
    },
    memory: memory(),
    workingFolder: { path: cwd, writable: isWritable(cwd), freeBytes: freeBytes(cwd) },
    hubCache: {
      path: cache,
      exists: existsSync(cache),
      writable: isWritable(nearestFolder(cache)),
      offline: /^(1|on|yes|true)$/i.test(env.HF_HUB_OFFLINE ?? ""),
    },
    webAssemblySimd: hasWebAssemblySimd(),
    runtimes: {
      "onnxruntime-node": await probeInChild("onnxruntime-node"),
      "onnxruntime-web": await probeInChild("onnxruntime-web"),
    },
  };
}

/** The Hub's cache as huggingface_hub places it: `HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`. */
export function hubCacheFolder(env: NodeJS.ProcessEnv): string {
  const home = env.HF_HOME ?? join(env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
  return env.HF_HUB_CACHE ?? join(home, "hub");
}

/** Longest that loading and measuring a runtime may take. */
const PROBE_LIMIT_MS = 60_000;

/** Probe a runtime in a child process; whatever happens to the child is an answer, never an exception. */
export function probeInChild(name: string, entry = new URL("./verbs/doctor-probe.ts", import.meta.url)): Promise<RuntimeProbe> {
  return new Promise((resolve) => {
    let stderr = "";
    let answer: RuntimeProbe | undefined;
    keepTelemetryOff();
    const child: ChildProcess = fork(entry, [name], { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
    const timer = setTimeout(() => child.kill("SIGKILL"), PROBE_LIMIT_MS);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("message", (message) => {
      answer = message as RuntimeProbe;
    });
    child.on("error", (error) => {
      answer = { loads: false, problem: error.message };
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const ended = signal === "SIGKILL" ? "it took over a minute" : `the process ended with ${signal ?? `exit code ${code}`}`;
      const said = stderr.trim().split("\n")[0];
      resolve(answer ?? { loads: false, problem: `${ended}${said ? ` (${said})` : ""}` });
    });
  });
}

/** Memory this process may use: a container's limit where there is one, else the machine's. */
function memory(): MachineFacts["memory"] {
  const constrained = process.constrainedMemory();
  const machine = totalmem();
  return {
    totalBytes: constrained > 0 && constrained < machine ? constrained : machine,
    availableBytes: process.availableMemory(),
  };
}

/** A module with one function of the instruction `i8x16.splat`: valid only where SIMD is known. */
function hasWebAssemblySimd(): boolean {
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];
  return WebAssembly.validate(Uint8Array.from(bytes));
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder itself, or the closest one above it that exists. */
function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}
