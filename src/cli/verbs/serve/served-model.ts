import type { Batcher } from "./batcher.ts";
import type { ModelFacts, Outcome, ServedInput } from "./model-messages.ts";
import type { Schemas } from "./schemas.ts";

/** One of the models that answer. */
export interface ServedModel {
  /** For people, and in its path. */
  readonly name: string;
  readonly facts: ModelFacts;
  readonly schemas: Schemas;
  readonly batcher: Batcher<ServedInput, Outcome>;
}

/** Where one of several models is asked. */
export const predictPath = (name: string): string => `/models/${encodeURIComponent(name)}/predict`;
