import type { Attack } from "../attack.ts";

const PINNED = [
  "scripts/pin-dependencies.test.ts",
  "package.json names every package that users install with the version that was tested (stale: npm run pin)",
] as const;
const RELEASE = "scripts/release-workflow.test.ts";
const WORKFLOW = ".github/workflows/release.yml";

/** Users get other code than was tested. */
export const supplyChain: readonly Attack[] = [
  {
    what: "a version that a dependency publishes tomorrow reaches users",
    file: "package.json",
    undo: ['"fzstd": "0.1.1",', '"fzstd": "^0.1.1",'],
    test: PINNED,
  },
  {
    what: "a package that a dependency brings along is not pinned",
    file: "package.json",
    undo: ['    "@protobufjs/float": "1.0.2",\n', ""],
    test: PINNED,
  },
  {
    what: "users get two protobufjs",
    file: "package-lock.json",
    undo: [
      '    "node_modules/protobufjs": {\n',
      '    "node_modules/onnxruntime-web/node_modules/protobufjs": { "version": "6.11.4", "integrity": "sha512-x" },\n    "node_modules/protobufjs": {\n',
    ],
    test: PINNED,
  },
  {
    what: "a package of the lock file has no hash",
    file: "package-lock.json",
    undo: [
      '      "integrity": "sha512-dYDWdjSl5RNb7SgPxGQcRU+GtvP7s2fpkrY0r432PcOIaZ0/rBcxEZnQN67iJhFuQiVw754JDoPruPCNdGsbjg==",\n',
      "",
    ],
    test: [
      "scripts/pin-dependencies.test.ts",
      "each package of the lock file has a hash, and no address of a registry: each machine asks its own",
    ],
  },
  {
    what: "everybody installs a database that one option needs",
    file: "package.json",
    undo: [
      '"zod": "4.6.7"\n  },\n  "optionalDependencies": {\n    "@electric-sql/pglite": "0.5.17",\n',
      '"zod": "4.6.7",\n    "@electric-sql/pglite": "0.5.17"\n  },\n  "optionalDependencies": {\n',
    ],
    test: [
      "src/files/optional-package.test.ts",
      "every package that is asked for so is optional, in the version that its message names",
    ],
  },
  {
    what: "an installation runs code of ours",
    file: "package.json",
    undo: ['    "prepack": "npm run build"\n', '    "prepack": "npm run build",\n    "postinstall": "node scripts/setup.mjs"\n'],
    test: [RELEASE, "the package has no script that its installation runs"],
  },
  {
    what: "a release has no provenance",
    file: WORKFLOW,
    undo: [" --provenance", ""],
    test: [RELEASE, "a release is published with provenance, after all checks, as the file that was packed once"],
  },
  {
    what: "a release has no list of what is in it",
    file: WORKFLOW,
    undo: ["npm sbom --sbom-format cyclonedx", "npm ls"],
    test: [RELEASE, "the tarball and the list of all packages in it hang on the release"],
  },
  {
    what: "a release is published though its tag names another version",
    file: WORKFLOW,
    undo: ['test "$TAG" = "v$(npm pkg get version | tr -d \'"\')"', 'echo "$TAG"'],
    test: [RELEASE, "a tag that names another version than package.json is not released"],
  },
  {
    what: "a release is published though a test failed",
    file: WORKFLOW,
    undo: ["      - run: npm test\n", ""],
    test: [RELEASE, "a release is published with provenance, after all checks, as the file that was packed once"],
  },
  {
    what: "a workflow runs an action that its owner can change",
    file: WORKFLOW,
    undo: ["actions/setup-node@a0853c24544627f65ddf259abe73b1d18a591444 # v5.0.0", "actions/setup-node@v5"],
    test: [RELEASE, "actions are named by their commit, and leave no token behind"],
  },
];
