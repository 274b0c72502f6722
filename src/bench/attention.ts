import {
  type AttentionCore,
  type AttentionPlan,
  type CoreChoice,
  chooseCore,
  dense,
  effectiveSparsity,
  gathered,
  masked,
  parsePattern,
  visibility,
} from "../attention/index.ts";
import { GraphInputs } from "../batch/index.ts";
import { expectedGot } from "../errors/index.ts";
import { bindShape, gradients, input, mul, type Node, sumAll } from "../graph/index.ts";
import { normalFill } from "../random/index.ts";
import { fillInputs } from "../runs/index.ts";
import type { HostTensor, Runtime, Session } from "../runtime/index.ts";
import { inTurns, type Timing } from "./in-turns.ts";
import { madeUpBatch } from "./made-up-batch.ts";

export interface AttentionShape {
  /** n, tokens a text. */
  readonly length: number;
  /** B, texts. */
  readonly batch: number;
  /** H */
  readonly heads: number;
  /** d, width of a head. */
  readonly headWidth: number;
}

export interface AttentionJob extends AttentionShape {
  /** Id, and the core that computes it: `auto`, or a name. */
  readonly patterns: readonly { readonly pattern: string; readonly core: string }[];
  /** Dense attention too. */
  readonly dense: boolean;
  readonly rounds: number;
  /** Count pairs and compare the cores too; without, the peak of memory is that of the attention alone. */
  readonly checks: boolean;
}

/** One sparse pattern in the same turns as dense attention. */
export interface SparseAttention {
  readonly pattern: string;
  /** Name of the core that computed it. */
  readonly core: string;
  /** Name of the core that `auto` takes here; null where there is nothing to choose. */
  readonly auto: string | null;
  /** Why `auto` takes it, where it had a choice. */
  readonly why?: string;
  readonly nominalSparsity: number | null;
  /** Absent without checks. */
  readonly effectiveSparsity?: number;
  /** Largest difference between the cores as a share of the largest value; null where it was not looked at. */
  readonly difference: number | null;
  readonly timing: Timing;
}

export interface MeasuredAttention {
  readonly dense?: Timing;
  readonly sparse: readonly SparseAttention[];
}

/** Tokens up to which the cores are held against each other; beyond, the matrix of all pairs takes long. */
const MOST_COMPARED = 1024;
/** Rounding of float32 sums in another order, as a share of the largest value. */
const TOLERANCE = 1e-4;

/**
 * Time the attention core alone, forward and backward with gradients for q, k and v, dense and under patterns, in turns.
 *
 * Inputs are standard normal, there is no padding and no dropout. Dense is what Crisp computes for a plan without a pattern. Up to
 * 1,024 tokens the cores are compared on the same values.
 *
 * @throws `bench/cores-differ`; `pattern/…`.
 */
export async function measureAttention(runtime: Runtime, job: AttentionJob): Promise<MeasuredAttention> {
  const { length, heads, rounds, batch, checks } = job;
  const sizes = { layers: 1, heads, length, onCpu: runtime.memory === undefined, visibility: () => visibility() };
  const core = (plan: AttentionPlan): CoreChoice => chooseCore(plan, sizes);
  const plans = job.patterns.map(({ pattern, core: wanted }) => ({ pattern: parsePattern(pattern), core: wanted }));
  const sparse: { readonly plan: (typeof plans)[number]; readonly taken: AttentionCore; readonly made: PreparedAttention }[] = [];
  for (const plan of plans) {
    const taken = core(plan).core;
    sparse.push({ plan, taken, made: await prepareAttention(runtime, job, plan, taken) });
  }
  const whole = { pattern: dense() };
  const denseMade = job.dense ? await prepareAttention(runtime, job, whole, core(whole).core) : undefined;
  const timings = await inTurns(
    {
      ...(denseMade && { dense: denseMade.run }),
      ...Object.fromEntries(sparse.map(({ made }, at) => [`sparse ${at}`, made.run])),
    },
    rounds,
  );
  await denseMade?.release();
  const measured: SparseAttention[] = [];
  for (const [at, { plan, taken, made }] of sparse.entries()) {
    await made.release();
    const { pattern } = plan;
    const { core: auto, why } = core({ pattern });
    const compare = checks && pattern.blocks !== undefined && length <= MOST_COMPARED;
    measured.push({
      ...{ pattern: pattern.id, core: taken.name, auto: why === undefined ? null : auto.name, why },
      nominalSparsity: pattern.nominalSparsity,
      ...(checks && {
        effectiveSparsity: effectiveSparsity([{ valid: batch * heads * length ** 2, kept: await made.keptPairs() }]),
      }),
      difference: compare ? await differenceTo(taken === masked ? gathered : masked, runtime, job, plan, made) : null,
      timing: timings[`sparse ${at}`],
    });
  }
  return { dense: timings.dense, sparse: measured };
}

export interface PreparedAttention {
  /** q, k, v and the upstream gradient: [B, H, n, d] each. */
  readonly given: Readonly<Record<string, HostTensor>>;
  run(): Promise<void>;
  /** What the last run gave. */
  readonly outputs: Readonly<Record<string, HostTensor>>;
  /** Over all texts and heads. */
  keptPairs(): Promise<number>;
  release(): Promise<void>;
}

/** Compile the attention core alone, forward and backward, over standard normal inputs. */
export async function prepareAttention(
  runtime: Runtime,
  shape: AttentionShape,
  plan: AttentionPlan,
  core: AttentionCore,
): Promise<PreparedAttention> {
  const { heads, headWidth, batch, length } = shape;
  const inputs = new GraphInputs();
  const [q, k, v, upstream] = NAMES.map((name) => input(name, ["B", heads, "n", headWidth]));
  const { context, keptPairs } = core.attend(q, k, v, {
    ...{ visibility: visibility(), plan, layer: 0, layers: 1, heads, scale: 1 / Math.sqrt(headWidth) },
    ...{ dropoutMask: null, input: (...made) => inputs.values(...made) },
  });
  const [dq, dk, dv] = gradients(sumAll(mul(context, upstream)), [q, k, v]); // [B, H, n, d] each
  const batchContext = madeUpBatch(batch, length);
  const given = Object.fromEntries(NAMES.map((name) => [name, normals(bindShape(q.shape, batchContext.bindings), name)]));
  const feedsOf = ({ inputs: wanted }: Session): Record<string, HostTensor> => {
    const names = new Set(wanted.map(({ name }) => name));
    const known = Object.entries(given).filter(([name]) => names.has(name));
    return { ...Object.fromEntries(known), ...fillInputs({ inputs: inputs.all }, batchContext, names) };
  };
  const nodes: Readonly<Record<string, Node>> = { context, dq, dk, dv };
  const session = await runtime.compile(nodes);
  const feeds = feedsOf(session);
  const outputs = Object.fromEntries(
    Object.keys(nodes).map((name) => [name, { ...given.q, data: new Float32Array(given.q.data.length) }]),
  );
  return {
    given,
    outputs,
    run: async () => void (await session.run(feeds, outputs)),
    async keptPairs() {
      const counting = await runtime.compile({ keptPairs });
      const { keptPairs: kept } = await counting.run(feedsOf(counting));
      await counting.release();
      return (kept.data as Float32Array).reduce((sum, pairs) => sum + pairs, 0);
    },
    release: () => session.release(),
  };
}

const NAMES = ["q", "k", "v", "upstream"] as const;

function normals(shape: readonly number[], site: string): HostTensor<"float"> {
  const data = new Float32Array(shape.reduce((a, b) => a * b));
  normalFill(data, { seed: 1, step: 0, site });
  return { dtype: "float", shape, data };
}

/** Largest difference to another core on the same values: a wrong answer is not worth timing. */
async function differenceTo(
  other: AttentionCore,
  runtime: Runtime,
  shape: AttentionShape,
  plan: AttentionPlan,
  { outputs }: PreparedAttention,
): Promise<number> {
  const made = await prepareAttention(runtime, shape, plan, other);
  await made.run();
  await made.release();
  let worst = 0;
  for (const [name, { data }] of Object.entries(outputs)) {
    const [got, want] = [data as Float32Array, made.outputs[name].data as Float32Array];
    const most = want.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
    const off = want.reduce((a, x, at) => Math.max(a, Math.abs(x - got[at])), 0);
    worst = Math.max(worst, off / Math.max(most, 1));
  }
  if (worst <= TOLERANCE) return worst;
  const hint = "Please report it, with what crisp doctor says.";
  throw expectedGot("bench/cores-differ", plan.pattern.id, `both cores to agree to ${TOLERANCE}`, worst, hint);
}
