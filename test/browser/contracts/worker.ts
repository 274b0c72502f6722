import { fewCases, gatheredContract } from "../../../src/attention/cores/gathered.contract.ts";
import { graphFormContract } from "../../../src/attention/patterns/graph-form.contract.ts";
import { parityContract } from "../../../src/models/parity.contract.ts";
import { demoLossCurve } from "../../../src/runs/loss-curve.fixture.ts";
import { createRuntime } from "../../../src/runtime/index-web.ts";
import { runtimeContract } from "../../../src/runtime/runtime.contract.ts";
import { trainStepContract } from "../../../src/training/step/train-step.contract.ts";
import { type Copies, countCopies } from "./copies.ts";
import { type Outcome, runAll } from "./node-test.ts";

/** Which suites to run, on what. */
export interface Order {
  readonly device: "wasm" | "webgpu";
  readonly suites: readonly ("operators" | "training" | "models")[];
  /** Addresses of model fixtures. */
  readonly fixtures: readonly string[];
}

export type Report =
  | { readonly type: "started"; readonly isolated: boolean; readonly threads: number }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | {
      readonly type: "curve";
      readonly losses: readonly number[];
      readonly parameterBytes: number;
      /** Before the second update: the start values among them. */
      readonly first: Copies;
      /** The most of any update behind the first few. */
      readonly perUpdate: Copies;
    }
  | { readonly type: "finished" }
  | { readonly type: "failed"; readonly message: string };

const scope = globalThis as unknown as { postMessage(report: Report): void; onmessage: (event: MessageEvent<Order>) => void };
const copies = countCopies();

scope.onmessage = ({ data }) => {
  run(data).catch((error: Error) => scope.postMessage({ type: "failed", message: error.stack ?? error.message }));
};

async function run({ device, suites, fixtures }: Order): Promise<void> {
  const create = () => createRuntime({ device, threads: 2 });
  scope.postMessage({ type: "started", isolated: crossOriginIsolated, threads: (await create()).threads });
  const where = `Chromium, ${device}`;
  if (suites.includes("operators")) {
    runtimeContract(where, create);
    gatheredContract(where, create, fewCases);
    graphFormContract(where, create);
  }
  if (suites.includes("training")) trainStepContract(where, create);
  if (suites.includes("models")) {
    const files = await Promise.all(
      fixtures.map(async (url) => [url.slice(url.lastIndexOf("/") + 1), await bytesAt(url)] as const),
    );
    parityContract(where, create, new Map(files));
  }
  await runAll((outcome) => scope.postMessage({ type: "outcome", outcome }));
  if (suites.includes("training")) await curve(create);
  scope.postMessage({ type: "finished" });
}

async function bytesAt(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Shaders, buffers and the start values come in the first few updates. */
const SETTLED = 5;

async function curve(create: () => ReturnType<typeof createRuntime>): Promise<void> {
  const perUpdate: Copies = { toDevice: 0, uniforms: 0, toHost: 0 };
  const start = { ...copies };
  let first = start;
  let before = start;
  const { losses, parameterBytes } = await demoLossCurve(await create(), {
    onUpdate(at) {
      for (const key of Object.keys(perUpdate) as (keyof Copies)[]) {
        if (at >= SETTLED) perUpdate[key] = Math.max(perUpdate[key], copies[key] - before[key]);
      }
      if (at === 0) first = difference(copies, start);
      before = { ...copies };
    },
  });
  scope.postMessage({ type: "curve", losses, parameterBytes, first, perUpdate });
}

const difference = (a: Copies, b: Copies): Copies => ({
  toDevice: a.toDevice - b.toDevice,
  uniforms: a.uniforms - b.uniforms,
  toHost: a.toHost - b.toHost,
});
