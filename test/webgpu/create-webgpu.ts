import { existsSync } from "node:fs";
import type { Runtime } from "../../src/runtime/index.ts";
import { createRuntime } from "../../src/runtime/index-node.ts";

/** A GPU in software, as Debian's chromium carries it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** WebGPU on this machine's GPU, or on SwiftShader; throws where there is neither, so that no suite is skipped silently. */
export function createWebGpu(): Promise<Runtime> {
  const hardware = process.platform !== "linux" || ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].some((node) => existsSync(node));
  if (!hardware) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  return createRuntime({ device: "webgpu" });
}
