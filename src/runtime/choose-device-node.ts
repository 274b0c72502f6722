import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What `auto` came to, and the reason in a few words. */
export interface ChosenDevice {
  readonly device: "cpu" | "webgpu";
  readonly reason: string;
}

/** Linux shows a GPU as one of these; other systems have no such sign. */
const GPU_NODES = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];

/**
 * Choose between CPU and WebGPU by timing one matrix product on both, in a process of its own: a driver that crashes takes
 * nothing along, and what it prints is not seen.
 *
 * @example
 * await chooseDevice(); // { device: "cpu", reason: "as no GPU was found" }
 */
export async function chooseDevice(): Promise<ChosenDevice> {
  const maybe =
    process.platform !== "linux" || process.env.VK_ICD_FILENAMES !== undefined || GPU_NODES.some((node) => existsSync(node));
  if (!maybe) return { device: "cpu", reason: "as no GPU was found" };
  const probe = fileURLToPath(new URL("./probe-devices-node.ts", import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe], { timeout: 60_000 });
    const { cpu, webgpu } = JSON.parse(stdout.slice(stdout.lastIndexOf("{"))) as { cpu: number; webgpu: number };
    const times = (ratio: number): string => `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times`;
    if (webgpu < cpu) return { device: "webgpu", reason: `${times(cpu / webgpu)} as fast as the CPU in a matrix product` };
    return { device: "cpu", reason: `as WebGPU takes ${times(webgpu / cpu)} as long for a matrix product` };
  } catch {
    return { device: "cpu", reason: "as WebGPU does not work here" };
  }
}
