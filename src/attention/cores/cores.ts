import { chunked } from "./chunked.ts";
import type { AttentionCore } from "./core.ts";
import { gathered } from "./gathered.ts";
import { masked } from "./masked.ts";

/** The cores by name. To add one, see docs/add-a-core.md. */
export const cores: Readonly<Record<string, AttentionCore>> = { masked, gathered, chunked };
