import { WEB_SLOWDOWN } from "../../runtime/index-node.ts";
import type { MachineFacts } from "../machine.ts";

/** One thing that is wrong or worth knowing, and what to do about it. */
export interface Finding {
  /** `problem`: Crisp cannot work as it is; `warning`: it works, but worse than it could. */
  readonly level: "problem" | "warning";
  readonly what: string;
  readonly next: string;
}

const GIB = 2 ** 30;

/**
 * Judge a machine: what is wrong with it for Crisp, and the next step for each.
 *
 * Problems first. An empty list means that all is well.
 */
export function diagnose(facts: MachineFacts): Finding[] {
  const findings: Finding[] = [];
  const problem = (what: string, next: string) => findings.push({ level: "problem", what, next });
  const warning = (what: string, next: string) => findings.push({ level: "warning", what, next });
  const { "onnxruntime-node": native, "onnxruntime-web": web } = facts.runtimes;

  const [major = 0, minor = 0] = facts.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 12)) {
    problem(`Node ${facts.node} is older than 22.12`, "Install a current Node from https://nodejs.org.");
  }
  const nativeWorks = native.gigaflops !== undefined;
  const webWorks = web.gigaflops !== undefined;
  const reinstall = "Install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0";
  if (!nativeWorks && !webWorks) {
    problem(
      `neither runtime works: onnxruntime-node: ${native.problem}; onnxruntime-web: ${web.problem}`,
      `${reinstall} (skip leaves out CUDA's libraries only).`,
    );
  } else if (!nativeWorks) {
    const why = isMissing(native.problem) ? "is not installed" : `does not work: ${native.problem}`;
    warning(
      `onnxruntime-node ${why}; Crisp falls back to onnxruntime-web (WebAssembly), ${WEB_SLOWDOWN} times slower in training`,
      `${reinstall} (skip leaves out CUDA's libraries only).`,
    );
  } else if (!webWorks) {
    warning(`onnxruntime-web does not work: ${web.problem}`, "Only the fallback is lost; npm install crisp-attention mends it.");
  }
  if (!facts.webAssemblySimd)
    problem("WebAssembly has no SIMD here; the optimiser needs it", "Use a machine whose Node runs WebAssembly SIMD.");
  if (facts.memory.availableBytes < 3 * GIB) {
    warning(
      `${gibibytes(facts.memory.availableBytes)} of memory is free; fine-tuning a DistilBERT takes about 2 GiB`,
      "Close other programs, or lower --per_device_train_batch_size.",
    );
  }
  const { path, writable, freeBytes } = facts.workingFolder;
  if (!writable) problem(`${path} cannot be written; results go there`, "Change to a folder of your own, or use --output_dir.");
  if (freeBytes !== null && freeBytes < 2 * GIB) {
    warning(
      `${gibibytes(freeBytes)} of disk is free in ${path}; a DistilBERT checkpoint takes about 0.8 GiB`,
      "Free some, or lower --save_total_limit.",
    );
  }
  if (!facts.hubCache.writable) {
    warning(`${facts.hubCache.path} cannot be written; downloaded models are kept there`, "Set HF_HOME to a folder of your own.");
  }
  return findings.sort((a, b) => Number(b.level === "problem") - Number(a.level === "problem"));
}

export function gibibytes(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

function isMissing(problem: string | undefined): boolean {
  return /Cannot find (package|module)/.test(problem ?? "");
}
