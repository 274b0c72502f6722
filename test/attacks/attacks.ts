import type { Attack } from "./attack.ts";
import { borders } from "./attacks/borders.ts";
import { dataFiles } from "./attacks/data-files.ts";
import { locks } from "./attacks/locks.ts";
import { memory } from "./attacks/memory.ts";
import { modelFolders } from "./attacks/model-folders.ts";
import { models } from "./attacks/models.ts";
import { requests } from "./attacks/requests.ts";
import { streamedData } from "./attacks/streamed-data.ts";
import { supplyChain } from "./attacks/supply-chain.ts";
import { userFiles } from "./attacks/user-files.ts";

export const attacks: readonly Attack[] = [
  ...[userFiles, modelFolders, locks, streamedData, models, dataFiles, borders, requests, memory, supplyChain].flat(),
];
