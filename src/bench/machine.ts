import { input, matmul } from "../graph/index.ts";
import { normalFill } from "../random/index.ts";
import type { HostTensor, Runtime } from "../runtime/index.ts";
import { inTurns } from "./in-turns.ts";

/** What this machine can reach at best. */
export interface MachineSpeed {
  /** float32 product of two matrices of 1024², best of the rounds; 10⁹ operations a second, a multiply-add counts two. */
  readonly matmulGflops: number;
  /** An array copied by one thread, best of the rounds: 10⁹ bytes a second, read and written ones counted. */
  readonly copyGigabytesPerSecond: number;
  readonly threads: number;
  /** Name and version of what computed. */
  readonly runtime: string;
}

export interface MachineJob {
  readonly rounds: number;
  /** Bytes of the array that is copied; default 256 MiB, more than a cache holds. */
  readonly copiedBytes?: number;
}

const SIZE = 1024;
/** Products of one turn: one alone is too short for the clock. */
const PRODUCTS = 5;

/** Time one matrix product and one copy: the ceilings that other figures stand against. */
export async function measureMachine(runtime: Runtime, { rounds, copiedBytes = 2 ** 28 }: MachineJob): Promise<MachineSpeed> {
  const session = await runtime.compile({ y: matmul(input("a", [SIZE, SIZE]), input("b", [SIZE, SIZE])) });
  const feeds = { a: matrix("a"), b: matrix("b") };
  const into = { y: matrix("y") };
  const [from, to] = [new Uint8Array(copiedBytes).fill(1), new Uint8Array(copiedBytes)];
  const { product, copy } = await inTurns(
    {
      product: async () => {
        for (let at = 0; at < PRODUCTS; at++) await session.run(feeds, into);
      },
      copy: async () => to.set(from),
    },
    rounds,
  );
  await session.release();
  return {
    matmulGflops: (PRODUCTS * 2 * SIZE ** 3) / product.leastMs / 1e6,
    copyGigabytesPerSecond: (2 * copiedBytes) / copy.leastMs / 1e6,
    threads: runtime.threads,
    runtime: `${runtime.name} ${runtime.version}`,
  };
}

function matrix(site: string): HostTensor<"float"> {
  const data = new Float32Array(SIZE * SIZE);
  normalFill(data, { seed: 1, step: 0, site });
  return { dtype: "float", shape: [SIZE, SIZE], data };
}
