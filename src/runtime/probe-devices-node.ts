// Run by choose-device-node.ts: prints the milliseconds of a matrix product on each device as one line of JSON.
import { input, matmul } from "../graph/index.ts";
import { createRuntime } from "./onnx-runtime-node.ts";
import type { HostTensor } from "./runtime.ts";

const SIZE = 1024;
const ROUNDS = 3;
const matrix: HostTensor = { dtype: "float", shape: [SIZE, SIZE], data: new Float32Array(SIZE * SIZE).fill(0.5) };

async function milliseconds(device: "cpu" | "webgpu"): Promise<number> {
  const runtime = await createRuntime({ device });
  const session = await runtime.compile({ y: matmul(input("a", [SIZE, SIZE]), input("b", [SIZE, SIZE])) });
  const run = async (): Promise<number> => {
    const started = performance.now();
    await session.run({ a: matrix, b: matrix });
    return performance.now() - started;
  };
  await run();
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await run());
  return Math.min(...rounds);
}

const webgpu = await milliseconds("webgpu");
console.log(JSON.stringify({ cpu: await milliseconds("cpu"), webgpu }));
