import { join } from "node:path";
import { copyRepository, plant, type Replacement } from "../repository-copy.ts";

/** A defect that a torture run must find, and what makes it likely to. */
export interface Mutation {
  readonly name: string;
  /** By file in `src`, each text that stands there once, and what takes its place. */
  readonly changes: Readonly<Record<string, readonly Replacement[]>>;
  readonly kinds: readonly string[];
  readonly variants: readonly string[];
  /** What one of its violations says. */
  readonly violation: RegExp;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: "model files renamed one by one, without the list of them",
    changes: {
      "files/own-files-node.ts": [
        [
          "    stage(folder, files, Object.fromEntries(stays));\n    moveIn(folder);\n",
          [
            "    for (const [name, chunks] of files) {",
            "      mkdirSync(dirname(join(folder, name)), { recursive: true });",
            "      writeAtomically(join(folder, name), chunks);",
            "    }",
            "    for (const name of obsolete) if (!files.has(name)) rmSync(join(folder, name), { force: true });",
            "    return void stays;\n",
          ].join("\n"),
        ],
        ['import { lstatSync, rmSync } from "node:fs";', 'import { lstatSync, mkdirSync, rmSync } from "node:fs";'],
        [
          'import { join } from "node:path";',
          'import { dirname, join } from "node:path";\nimport { writeAtomically } from "./atomic-file-node.ts";',
        ],
      ],
      "files/manifest-node.ts": [["if (isAsWritten(path, manifest[name]) === false) throw", "if (manifest === undefined) throw"]],
    },
    kinds: ["kill-in-swap"],
    variants: ["plain", "onnx"],
    violation: /is read as a model, but is none of/,
  },
  {
    name: "checkpoints removed with all that lies beside them",
    changes: {
      "cli/output-folder.ts": [["      removeCheckpoints(place);\n", "      rmSync(place, { recursive: true });\n"]],
    },
    kinds: ["undisturbed"],
    variants: ["plain"],
    violation: /a person's checkpoints\/.* is gone/,
  },
  {
    name: "no lock",
    changes: {
      "files/folder-lock-node.ts": [
        [
          "    const path = join(folder, FOLDER_LOCK);\n",
          "    const path = join(folder, FOLDER_LOCK);\n    if (path) return { lost: false, release() {} };\n",
        ],
      ],
    },
    kinds: ["two-at-once"],
    variants: ["plain"],
    violation: /two processes worked in one folder at once/,
  },
  {
    name: "streamed data that nobody hashes",
    changes: {
      "data/stream/watched-source-node.ts": [
        ['Number.parseInt(hash("sha256", segment, "hex").slice(0, 12), 16)', "segment.length + hash.length"],
      ],
    },
    kinds: ["changed-data"],
    variants: ["stream"],
    violation: /continued with other data|ended well, but the model is none, not stream/,
  },
];

/** A copy of this repository with a defect in its source. @returns Its folder `src`, and what removes it. */
export function mutated({ name, changes }: Mutation): { readonly source: string; remove(): void } {
  const { root, remove } = copyRepository(["src", "package.json"]);
  const source = join(root, "src");
  try {
    for (const [file, replacements] of Object.entries(changes)) plant(join(source, file), replacements, name);
  } catch (error) {
    remove();
    throw error;
  }
  return { source, remove };
}
