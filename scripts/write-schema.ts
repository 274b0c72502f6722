// The JSON schema of studies' specs, for editors: node scripts/write-schema.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { studyJsonSchema } from "../src/studies/index-node.ts";

writeFileSync(join(import.meta.dirname, "../schemas/study.schema.json"), `${JSON.stringify(await studyJsonSchema(), null, 2)}\n`);
