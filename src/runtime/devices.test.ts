import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createRuntime } from "./index-node.ts";

const hasGpu = process.platform !== "linux" || ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"].some((node) => existsSync(node));

describe("the choice of a device", () => {
  test("is said in one line, with the reason", async () => {
    const said: string[] = [];
    const { device } = await createRuntime({ device: "auto", threads: 1, onNote: (text) => said.push(text) });
    assert.equal(said.length, 1);
    assert.match(said[0], new RegExp(`^device: ${device}, .+`));
    if (!hasGpu && process.env.VK_ICD_FILENAMES === undefined) assert.equal(said[0], "device: cpu, as no GPU was found");
  });
  test("is not said where there was none: the caller knows what was asked for", async () => {
    const said: string[] = [];
    const onNote = (text: string) => said.push(text);
    await createRuntime({ threads: 1, onNote });
    await createRuntime({ device: "cpu", threads: 1, onNote });
    assert.deepEqual(said, []);
  });
  test("a name that is none is refused", async () => {
    await assert.rejects(createRuntime({ device: "tpu" as "cpu" }), {
      code: "runtime/bad-device",
      message: "device: expected one of auto, cpu, webgpu, cuda, wasm, got tpu.",
    });
  });
});

// in processes of their own: ONNX Runtime prints what it then throws
describe("a device that is not there", () => {
  test("auto tries WebGPU apart, and takes the CPU where that does not work", {
    skip: process.platform !== "linux" && "Linux's variables",
  }, () => {
    const code = `
      import { chooseDevice } from ${JSON.stringify(join(import.meta.dirname, "index-node.ts"))};
      console.log(JSON.stringify(await chooseDevice()));`;
    // a variable that asks for a driver, and none behind it: the probe runs and fails
    const env = { ...process.env, VK_ICD_FILENAMES: "/nowhere.json", VK_DRIVER_FILES: "/nowhere.json" };
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", env });
    assert.deepEqual(JSON.parse(stdout), { device: "cpu", reason: "as WebGPU does not work here" });
  });

  const script = (device: string): string => `
    import { createRuntime } from ${JSON.stringify(join(import.meta.dirname, "index-node.ts"))};
    await createRuntime({ device: "${device}" }).then(() => console.log("there"), ({ code, message }) => console.log(code, message));`;
  for (const [device, needed] of [
    ["cuda", /CUDA needs Linux on x64 with an NVIDIA driver, CUDA 12, cuDNN 9, .* ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild/],
    ["webgpu", /WebGPU needs a GPU with a driver for Vulkan/],
  ] as const) {
    test(`${device}: one error that says what to install`, () => {
      // no driver at all, whatever this machine has
      const env = {
        ...process.env,
        VK_ICD_FILENAMES: "/nowhere.json",
        VK_DRIVER_FILES: "/nowhere.json",
        CUDA_VISIBLE_DEVICES: "",
      };
      const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script(device)], { encoding: "utf8", env });
      if (process.platform === "linux") {
        assert.match(stdout, new RegExp(`^runtime/no-device --device ${device}: expected it to work here, got ".+"\\. `));
        assert.match(stdout, needed);
      } else assert.match(stdout, /there|runtime\/no-device/);
    });
  }
});
