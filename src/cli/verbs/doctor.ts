import { counted } from "../../errors/index.ts";
import { chooseDevice } from "../../runtime/index-node.ts";
import { type MachineFacts, readMachine } from "../machine.ts";
import { entries, PAGE_WIDTH } from "../output.ts";
import { defineVerb } from "../verb.ts";
import { diagnose, gibibytes } from "./diagnosis.ts";
import type { RuntimeProbe } from "./doctor-probe.ts";

export const doctor = defineVerb({
  name: "doctor",
  summary: "say what this machine has, and what is wrong",
  usage: "[options]",
  options: {},
  positionals: [],
  examples: ["crisp doctor", "crisp doctor --json"],
  /** Exit code 1 when there is a problem; warnings leave it at 0. */
  async run({ output }) {
    const facts = await readMachine();
    const auto = await chooseDevice();
    const findings = diagnose(facts);
    const problems = findings.filter((finding) => finding.level === "problem").length;
    output.record({ ...facts, auto, findings });
    output.print(entries([...rows(facts), ["--device auto", `${auto.device}, ${auto.reason}`]], PAGE_WIDTH));
    output.print();
    for (const { level, what, next } of findings) {
      output.say(`${output.style(level === "problem" ? "red" : "yellow", level)}  ${what}. ${next}`);
    }
    if (findings.length === 0) output.print(`${output.style("green", "all well")}  Next: crisp train <data>`);
    return problems > 0 ? 1 : 0;
  },
});

function rows(facts: MachineFacts): (readonly [string, string])[] {
  const { cpu, memory, workingFolder, hubCache, runtimes } = facts;
  const native = runtimes["onnxruntime-node"];
  const web = runtimes["onnxruntime-web"];
  const free = workingFolder.freeBytes === null ? "free space unknown" : `${gibibytes(workingFolder.freeBytes)} free`;
  return [
    ["crisp", facts.crisp],
    ["node", facts.node],
    ["system", facts.system],
    ["cpu", [cpu.model, counted(cpu.cores, "core"), cpu.features.join(" ")].filter(Boolean).join(" · ")],
    ["memory", `${gibibytes(memory.availableBytes)} free of ${gibibytes(memory.totalBytes)}`],
    ["onnxruntime-node", runtimeLine(native)],
    ["onnxruntime-web", runtimeLine(web) + slower(native, web)],
    ["wasm simd", facts.webAssemblySimd ? "yes" : "no"],
    ["folder", `${workingFolder.path} · ${workingFolder.writable ? "writable" : "not writable"} · ${free}`],
    [
      "model cache",
      `${hubCache.path} · ${hubCache.exists ? "exists" : "empty so far"}${hubCache.offline ? " · offline (HF_HUB_OFFLINE)" : ""}`,
    ],
  ];
}

function runtimeLine(probe: RuntimeProbe): string {
  if (!probe.loads) return `does not load: ${probe.problem}`;
  const speed =
    probe.gigaflops === undefined ? `cannot compute: ${probe.problem}` : `MatMul 512³ ${probe.gigaflops.toFixed(0)} GFLOP/s`;
  return `${probe.version ?? "version unknown"} · ${probe.providers?.join(", ")} · ${speed}`;
}

function slower(native: RuntimeProbe, web: RuntimeProbe): string {
  if (!native.gigaflops || !web.gigaflops) return "";
  return ` (${(native.gigaflops / web.gigaflops).toFixed(1)} times slower than onnxruntime-node)`;
}
