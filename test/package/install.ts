// The packed package, as a user gets it: installed in an empty project by npm 10, which runs install scripts, and by npm 12,
// which does not. `npm run test:package`; not part of `npm test`, because two installations take about a minute.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { writeReviews, writeTinyModel } from "../tiny-model.fixture.ts";

const root = dirname(dirname(import.meta.dirname));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const work = mkdtempSync(join(tmpdir(), "crisp-package-"));
after(() => rmSync(work, { recursive: true, force: true }));

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}
let packed: Packed;
before(() => {
  [packed] = JSON.parse(succeed("npm", ["pack", "--json", "--pack-destination", work], root).stdout.replace(/^[^[]*/, ""));
});

test("the tarball holds code, declarations and the licence, and no sources, tests or fixtures", () => {
  const paths = packed.files.map((file) => file.path);
  const unexpected = paths.filter(
    (path) =>
      !/^(dist\/.+\.(js|d\.ts|json|wasm|css|txt)|schemas\/study\.schema\.json|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(
        path,
      ),
  );
  assert.deepEqual(unexpected, []);
  assert.deepEqual(
    paths.filter((path) => /\.(test|fixture|contract)\./.test(path)),
    [],
  );
  for (const needed of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/cli/main.js", "schemas/study.schema.json"])
    assert.ok(paths.includes(needed), needed);
  assert.ok(packed.size < 5e6, `${packed.size} bytes`);
});

for (const npmVersion of ["10", "12"]) {
  describe(`installed by npm ${npmVersion}`, () => {
    const project = join(work, `npm-${npmVersion}`);
    const npx = (...command: string[]) => run("npx", ["--yes", `--package=npm@${npmVersion}`, "--", ...command], project);

    test("the installation succeeds with no variables set", () => {
      mkdirSync(project);
      writeFileSync(
        join(project, "package.json"),
        JSON.stringify({ name: "empty", version: "1.0.0", private: true, type: "module" }),
      );
      assert.match(expectSuccess(npx("npm", "--version")).stdout, new RegExp(`^${npmVersion}\\.`));
      expectSuccess(npx("npm", "install", join(work, packed.filename)));
      assert.ok(existsSync(join(project, "node_modules", manifest.name, "dist", "cli", "main.js")));
    });

    test("what is installed is what was tested: each package has the hash of one in package-lock.json", () => {
      const locked = (path: string): Record<string, { readonly integrity?: string }> =>
        JSON.parse(readFileSync(path, "utf8")).packages;
      const tested = new Set(Object.values(locked(join(root, "package-lock.json"))).map(({ integrity }) => integrity));
      const others = Object.entries(locked(join(project, "node_modules/.package-lock.json")))
        .filter(([, { integrity }]) => !tested.has(integrity))
        .map(([path]) => path);
      // packages of types run no code and are not pinned, so that a project keeps its own
      assert.deepEqual(
        others.filter((path) => !/^node_modules\/(@types\/node|undici-types)$/.test(path)),
        [`node_modules/${manifest.name}`],
      );
    });

    test("every export of package.json can be imported and is not empty", () => {
      const names = Object.keys(manifest.exports).filter((path) => !path.endsWith(".json"));
      const code = `for (const name of ${JSON.stringify(names)}) {
        const module = await import(name.replace(/^\\./, "${manifest.name}"));
        console.log(name, Object.keys(module).length);
      }`;
      writeFileSync(join(project, "import-all.mjs"), code);
      const lines = succeed("node", ["import-all.mjs"], project).stdout.trim().split("\n");
      assert.equal(lines.length, names.length);
      for (const line of lines) assert.match(line, / [1-9]\d*$/);
    });

    test("TypeScript finds the declarations of every export", () => {
      const names = Object.keys(manifest.exports).filter((path) => !path.endsWith(".json"));
      const imports = names.map(
        (name, i) =>
          `import * as m${i} from "${name.replace(/^\./, manifest.name)}";\nexport const n${i}: keyof typeof m${i} = "not an export";`,
      );
      writeFileSync(join(project, "use.ts"), imports.join("\n"));
      const options = [
        "--strict",
        "--noEmit",
        "--module",
        "nodenext",
        "--target",
        "es2023",
        "--skipLibCheck",
        "--types",
        "node",
        "--typeRoots",
        join(root, "node_modules", "@types"),
      ];
      const { stdout } = run("node", [join(root, "node_modules", "typescript", "bin", "tsc"), ...options, "use.ts"], project);
      // Each line must fail for the made-up name, and for nothing else: an untyped module would accept any name.
      const errors = stdout.match(/error TS\d+/g) ?? [];
      assert.deepEqual(
        errors,
        names.map(() => "error TS2322"),
        stdout,
      );
    });

    test("Vite bundles it for a page: the worker, and WebAssembly for both devices", async () => {
      const page = join(project, "page");
      mkdirSync(page);
      writeFileSync(join(page, "index.html"), '<script type="module" src="./main.js"></script>');
      const code = `import { demoEncoder, topK, train } from "${manifest.name}";
        window.start = (data) => train({ data, model: demoEncoder(), attention: topK({ sparsity: 0.8 }) }).result;`;
      writeFileSync(join(page, "main.js"), code);
      const { build } = await import("vite");
      await build({ root: page, configFile: false, logLevel: "error", worker: { format: "es" } });
      const built = readdirSync(join(page, "dist/assets"));
      for (const needed of [
        /^index-.*\.js$/,
        /^train-worker-web-.*\.js$/,
        /threaded-.*\.wasm$/,
        /threaded\.asyncify-.*\.wasm$/,
      ]) {
        assert.ok(
          built.some((name) => needed.test(name)),
          `${needed} is not among ${built.join(", ")}`,
        );
      }
    });

    test("npx crisp-attention --help prints the verbs", () => {
      assert.match(expectSuccess(npx("npx", "crisp-attention", "--help")).stdout, /^ {2}doctor {2}/m);
    });

    test("crisp doctor finds a working runtime, and says so when it is the slow one", () => {
      const { runtimes, findings } = diagnosis(npx("npx", "crisp-attention", "doctor", "--json"));
      assert.ok(runtimes["onnxruntime-web"].gigaflops > 0);
      // npm 10 drops the optional onnxruntime-node when its download of CUDA libraries fails.
      const native = existsSync(join(project, "node_modules", "onnxruntime-node"));
      if (npmVersion === "12") assert.ok(native, "npm 12 runs no script, so nothing can make it drop onnxruntime-node");
      console.log(`npm ${npmVersion}: onnxruntime-node ${native ? "installed" : "dropped"}`);
      assert.equal(runtimes["onnxruntime-node"].gigaflops > 0, native);
      assert.equal(fallback(findings), !native);
    });

    test("a newcomer's walk: installed, a messy CSV looked at, trained as proposed, and predicted", () => {
      const crisp = (...words: string[]) => expectSuccess(npx("npx", "crisp-attention", ...words)).stdout;
      const model = writeTinyModel(join(project, "encoder"));
      writeFileSync(join(project, "tickets.csv"), messyCsv());
      const looked = crisp("inspect", "tickets.csv", "--model", model).replace(/ \\\n\s+/g, " ");
      assert.match(looked, /CSV with semicolons/);
      assert.match(looked, /"refund" \d+, "Refund" \d+|"Refund" \d+, "refund" \d+/);
      assert.match(looked, /bad rows/);
      const [proposed] = looked.match(/(?<=crisp )train tickets\.csv .*--skip_bad_rows.*/)!;
      const words = proposed.replaceAll("'", "").split(" ");
      const trained = crisp(...words, "--output_dir", "tickets-model");
      assert.match(trained, /recipe {2}(few|some)/);
      assert.match(trained, /report {2}tickets-model\/report\.html/);
      writeFileSync(join(project, "new.csv"), 'id;message\n7;Zoë would like her money back\n8;"late; again"\n');
      crisp("predict", "tickets-model", "new.csv", "--output_file", "labelled.csv");
      const [header, ...rows] = readFileSync(join(project, "labelled.csv"), "utf8").trimEnd().split("\n");
      assert.match(header, /^id[,;]message[,;]label[,;]score/);
      assert.match(rows[0], /^7[,;]Zoë would like her money back[,;](refund|Refund|delivery)/);
      assert.equal(rows.length, 2);
    });

    test("without the native runtime it falls back to onnxruntime-web and says how much slower that is", () => {
      rmSync(join(project, "node_modules", "onnxruntime-node"), { recursive: true, force: true });
      const { runtimes, findings } = diagnosis(npx("npx", "crisp-attention", "doctor", "--json"));
      assert.equal(runtimes["onnxruntime-node"].loads, false);
      assert.ok(runtimes["onnxruntime-web"].gigaflops > 0);
      assert.ok(fallback(findings));
    });

    test("and trains there, saying so", () => {
      const model = writeTinyModel(join(project, "model"));
      const data = writeReviews(project, "train.tsv", 100);
      const { stdout, stderr } = expectSuccess(npx("npx", "crisp-attention", "train", data, "--model", model));
      assert.match(stderr, /onnxruntime-node cannot be loaded here.*; using onnxruntime-web, about \d+ to \d+ times slower/);
      assert.match(stdout, /saved train-model/);
    });
  });
}

interface Finished {
  readonly what: string;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Diagnosis {
  readonly runtimes: Readonly<Record<string, { readonly loads: boolean; readonly gigaflops: number }>>;
  readonly findings: readonly { readonly what: string }[];
}

function diagnosis(finished: Finished): Diagnosis {
  return JSON.parse(expectSuccess(finished).stdout);
}

function fallback(findings: Diagnosis["findings"]): boolean {
  return findings.some(({ what }) => /falls back to onnxruntime-web.* times slower/.test(what));
}

function run(command: string, parameters: readonly string[], cwd: string): Finished {
  const done = spawnSync(command, parameters, {
    cwd,
    env: bareEnvironment(),
    encoding: "utf8",
    shell: process.platform === "win32",
    timeout: 300_000,
  });
  return { what: [command, ...parameters].join(" "), status: done.status, stdout: done.stdout, stderr: done.stderr };
}

function succeed(command: string, parameters: readonly string[], cwd: string): Finished {
  return expectSuccess(run(command, parameters, cwd));
}

function expectSuccess(finished: Finished): Finished {
  assert.equal(finished.status, 0, `${finished.what}\n${finished.stderr}\n${finished.stdout}`);
  return finished;
}

/** The environment without what npm and Crisp's own set-up put there, and with the Node that runs this test first. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_(registry|cache|cafile)$)|ONNXRUNTIME|CRISP|NODE_(?!EXTRA_CA_CERTS)|INIT_CWD)/i.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
}

/** What a spreadsheet saves: a byte-order mark, semicolons, empty cells, names with accents, and labels in two spellings. */
function messyCsv(): string {
  const names = ["José", "Zoë", "Anaïs", "Jürgen", "Ana"];
  const lines = Array.from({ length: 60 }, (_, at) => {
    const name = names[at % names.length];
    const refund = at % 2 === 0;
    const text = refund ? `${name} wants the money for order ${at} back` : `"parcel ${at} of ${name} is late; where is it"`;
    return `${at};${text};${refund ? (at % 4 === 0 ? "Refund" : "refund") : "delivery"}`;
  });
  lines[10] = "10;;refund";
  lines[20] = "20;nobody knows what this is;";
  return `\ufeffid;message;label\r\n${lines.join("\r\n")}\r\n`;
}
