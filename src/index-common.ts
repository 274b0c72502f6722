/** What both front doors give. */
export { CrispError } from "./errors/index.ts";
export {
  type AttentionPlan,
  anyOf,
  block,
  dense,
  global,
  heads,
  inOrder,
  nOfM,
  type Pattern,
  parsePattern,
  random,
  slidingWindow,
  strided,
  threshold,
  topK,
} from "./sparsity/index.ts";
