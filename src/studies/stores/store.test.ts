import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { MemoryStudy } from "./memory-store.fixture.ts";
import { studyStoreContract } from "./store.contract.ts";
import { folderStore } from "./store-folder-node.ts";

const work = mkdtempSync(join(tmpdir(), "crisp-stores-"));
after(() => rmSync(work, { recursive: true, force: true }));

studyStoreContract("a folder", () => {
  const folder = mkdtempSync(join(work, "study-"));
  return { store: () => folderStore(folder) };
});
studyStoreContract("memory", () => new MemoryStudy());
