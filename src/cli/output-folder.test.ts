import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { processTag, writeOwnFiles } from "../files/index-node.ts";
import { continuing, inTrainingFolder, type TrainingFolder } from "./output-folder.ts";
import { parseArguments } from "./parse-arguments.ts";

const root = mkdtempSync(join(tmpdir(), "crisp-output-"));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = (): string => join(root, `${folders++}`);
const put = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};
/** Enough of a checkpoint to be known as one. */
const checkpoint = (path: string): void => put(path, "CRISPCK2 and more");
const tree = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith(".crisp.lock"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

type Options = Partial<Parameters<typeof inTrainingFolder>[0]>;
const inFolder = <T>(folder: string, options: Options, work: (folder: TrainingFolder) => T): Promise<T> =>
  inTrainingFolder({ overwriteOutputDir: false, command: ["train"], ...options }, folder, async (opened) => work(opened));
const overwrite = { overwriteOutputDir: true };

test("a new run writes into checkpoints/ of its folder; a failed one leaves nothing", async () => {
  const folder = newFolder();
  const failing = inFolder(folder, {}, ({ path, checkpoints }) => {
    assert.deepEqual([path, checkpoints], [folder, join(folder, "checkpoints")]);
    mkdirSync(checkpoints);
    throw new Error("no such model");
  });
  await assert.rejects(failing, { message: "no such model" });
  assert.ok(!existsSync(folder));
});

test("an output folder that is a file, or below one, is one line", async () => {
  const file = newFolder();
  writeFileSync(file, "mine");
  for (const folder of [file, join(file, "inside")])
    for (const options of [{}, overwrite])
      await assert.rejects(
        inFolder(folder, options, () => assert.fail()),
        { code: "file/not-writable", message: /expected a path that can be written, got a file where a folder should be\./ },
      );
  assert.equal(readFileSync(file, "utf8"), "mine");
});

test("a file in the place of checkpoints/ is one line, and stays", async () => {
  for (const options of [{}, overwrite]) {
    const folder = newFolder();
    put(join(folder, "checkpoints"), "notes");
    await assert.rejects(
      inFolder(folder, options, () => assert.fail()),
      {
        code: "file/not-own",
        message: /checkpoints: expected no file, or a folder, got a file\. Move it away, or choose another folder\.$/,
      },
    );
    assert.deepEqual(tree(folder), ["checkpoints"]);
  }
});

test("two at once in one folder: the second is refused before it does anything", async () => {
  const folder = newFolder();
  await inFolder(folder, {}, async () => {
    let worked = false;
    const second = inFolder(folder, overwrite, () => (worked = true));
    await assert.rejects(second, { code: "file/busy", message: /got process \d+ on / });
    assert.ok(!worked);
  });
});

test("a run that was killed before its first checkpoint is no reason not to start; nor is its lock, which goes with its checkpoints", async () => {
  const [started, replaced] = [newFolder(), newFolder()];
  const lock = join("checkpoints", ".crisp.lock", "left");
  const gone = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() });
  for (const folder of [started, replaced]) put(join(folder, lock), gone);
  await inFolder(started, {}, () => {});
  checkpoint(join(replaced, "checkpoints", "checkpoint-1.crisp"));
  await inFolder(replaced, overwrite, ({ checkpoints, removeOlder }) => {
    checkpoint(join(checkpoints, "checkpoint-1.crisp"));
    removeOlder();
  });
  assert.deepEqual(readdirSync(join(replaced, "checkpoints")), ["2"]);
});

test("a person's file where a folder of checkpoints could be is no unexpected error, and stays", async () => {
  const [whole, second] = [newFolder(), newFolder()];
  put(join(whole, "checkpoints"), "mine");
  await assert.rejects(
    inFolder(whole, overwrite, () => {}),
    { code: "file/not-own", message: /checkpoints: expected no file, or a folder, got a file\./ },
  );
  put(join(second, "checkpoints", "2"), "mine");
  checkpoint(join(second, "checkpoints", "checkpoint-1.crisp"));
  await inFolder(second, overwrite, ({ checkpoints, removeOlder }) => {
    assert.equal(checkpoints, join(second, "checkpoints", "3"));
    removeOlder();
  });
  assert.deepEqual([tree(whole), tree(second)], [["checkpoints"], [join("checkpoints", "2")]]);
});

test("a folder with files in it is refused, an empty one or one of a run that failed is not", async () => {
  const [filled, empty] = [newFolder(), newFolder()];
  put(join(filled, "README.md"), "mine");
  await assert.rejects(
    inFolder(filled, {}, () => {}),
    { code: "cli/output-exists" },
  );
  mkdirSync(join(empty, "checkpoints"), { recursive: true });
  await inFolder(empty, {}, () => {});
  assert.deepEqual(tree(filled), ["README.md"]);
});

test("what a run that failed told its trackers is no reason not to start, and stays", async () => {
  const folder = newFolder();
  put(join(folder, "tensorboard/run/events.out.tfevents.1"), "events");
  put(join(folder, "checkpoints/tracking.json"), '{"crisp":"tracking","runs":{}}');
  await inFolder(folder, {}, ({ checkpoints }) => assert.equal(checkpoints, join(folder, "checkpoints")));
  assert.deepEqual(tree(folder), [join("checkpoints", "tracking.json"), join("tensorboard", "run", "events.out.tfevents.1")]);
});

describe("--overwrite_output_dir", () => {
  test("what trackers called a run goes with its checkpoints, and its event files stay", async () => {
    const folder = newFolder();
    checkpoint(join(folder, "checkpoints/checkpoint-1.crisp"));
    put(join(folder, "checkpoints/tracking.json"), '{"crisp":"tracking","runs":{}}');
    put(join(folder, "tensorboard/run/events.out.tfevents.1"), "events");
    await inFolder(folder, overwrite, ({ removeOlder }) => removeOlder());
    assert.deepEqual(tree(folder), [join("tensorboard", "run", "events.out.tfevents.1")]);
  });

  test("old checkpoints stay until the new run has something whole; then they go, and people's files stay", async () => {
    const folder = newFolder();
    const old = ["checkpoints/checkpoint-8.crisp", "checkpoints/checkpoint-9.crisp"].map((name) => join(folder, name));
    for (const path of old) checkpoint(path);
    put(join(folder, "checkpoints/notes.txt"), "mine");
    put(join(folder, "checkpoints/checkpoint-1.crisp"), "mine, not Crisp's");
    put(join(folder, "checkpoints/checkpoint-7.crisp/mine.txt"), "a folder");
    const before = tree(folder);
    await assert.rejects(
      inFolder(folder, overwrite, () => {
        throw new Error("no such model");
      }),
    );
    assert.deepEqual(tree(folder), before);
    await inFolder(folder, overwrite, ({ checkpoints, removeOlder }) => {
      assert.equal(checkpoints, join(folder, "checkpoints", "2"));
      checkpoint(join(checkpoints, "checkpoint-3.crisp"));
      assert.deepEqual(tree(folder).length, before.length + 1);
      removeOlder();
    });
    const mine = ["checkpoint-1.crisp", join("checkpoint-7.crisp", "mine.txt"), "notes.txt"];
    assert.deepEqual(tree(folder), [join("2", "checkpoint-3.crisp"), ...mine].map((name) => join("checkpoints", name)).sort());
  });

  test("stopped at any moment, one continues the newer run as soon as it has a checkpoint", async () => {
    const folder = newFolder();
    checkpoint(join(folder, "checkpoints/checkpoint-900.crisp"));
    const resume = () => inFolder(folder, { resumeFromCheckpoint: folder }, ({ checkpoints }) => checkpoints);
    await inFolder(folder, overwrite, ({ checkpoints }) => mkdirSync(checkpoints));
    assert.equal(await resume(), join(folder, "checkpoints"));
    await inFolder(folder, overwrite, ({ checkpoints }) => checkpoint(join(checkpoints, "checkpoint-1.crisp")));
    assert.equal(await resume(), join(folder, "checkpoints", "2"));
    await inFolder(folder, overwrite, ({ checkpoints, removeOlder }) => {
      checkpoint(join(checkpoints, "checkpoint-1.crisp"));
      removeOlder();
    });
    assert.deepEqual(tree(folder), [join("checkpoints", "3", "checkpoint-1.crisp")]);
  });

  test("a command that could not be kept at first is kept at the end, so that the checkpoint can be continued by its folder", async () => {
    const folder = newFolder();
    let refused = false;
    const failing = {
      ...overwrite,
      get command(): readonly string[] {
        if (refused) return ["train", "a.tsv"];
        refused = true;
        throw new Error("the disk is read-only");
      },
    };
    const training = inTrainingFolder(failing, folder, async ({ checkpoints, follow }) => {
      checkpoint(join(checkpoints, "checkpoint-1.crisp"));
      follow({ type: "started" } as never);
    });
    await assert.rejects(training, /read-only/);
    assert.deepEqual(
      tree(folder),
      ["checkpoint-1.crisp", "command.json"].map((name) => join("checkpoints", name)),
    );
  });

  test("what a run left that was killed before its first checkpoint goes with the older checkpoints", async () => {
    const folder = newFolder();
    checkpoint(join(folder, "checkpoints/checkpoint-1.crisp"));
    const gone = `.checkpoint-1.crisp.crisp-${2 ** 22 + 1}.0.${processTag().split(".")[2]}-00000000.tmp`;
    put(join(folder, "checkpoints/2", gone), "half");
    await inFolder(folder, { resumeFromCheckpoint: folder }, ({ checkpoints, removeOlder }) => {
      assert.equal(checkpoints, join(folder, "checkpoints"));
      removeOlder();
    });
    assert.deepEqual(tree(folder), [join("checkpoints", "checkpoint-1.crisp")]);
  });

  test("files of a model that are somebody else's are refused at the start; Crisp's own, and others, are not", async () => {
    const folder = newFolder();
    writeOwnFiles(folder, new Map([["config.json", [Uint8Array.of(1)]]]));
    put(join(folder, "notes.md"), "mine");
    await inFolder(folder, overwrite, () => {});
    put(join(folder, "README.md"), "mine");
    await assert.rejects(
      inFolder(folder, overwrite, () => {}),
      { code: "file/not-own", message: /README\.md/ },
    );
  });
});

describe("a run of several phases", () => {
  const fold = (checkpoints: string): void =>
    writeOwnFiles(join(checkpoints, "folds"), new Map([["fold-1.json", [Uint8Array.of(1)]]]));
  const contrastive = (checkpoints: string): void => checkpoint(join(checkpoints, "contrastive", "checkpoint-3.crisp"));

  test("is continued from a fold or from a checkpoint of its contrastive phase", async () => {
    for (const leave of [fold, contrastive]) {
      const folder = newFolder();
      await inFolder(folder, {}, ({ checkpoints }) => leave(checkpoints));
      await inFolder(folder, { resumeFromCheckpoint: folder }, ({ checkpoints }) =>
        assert.equal(checkpoints, join(folder, "checkpoints")),
      );
      await assert.rejects(
        inFolder(folder, {}, () => {}),
        { code: "cli/output-exists" },
      );
    }
  });
  test("keeps its phases until the run that takes its place has something whole; people's files stay", async () => {
    const folder = newFolder();
    await inFolder(folder, {}, ({ checkpoints }) => [fold, contrastive].map((leave) => leave(checkpoints)));
    put(join(folder, "checkpoints/folds/fold-2.json"), "mine");
    put(join(folder, "checkpoints/contrastive/checkpoint-9.crisp"), "mine");
    const before = tree(folder);
    await inFolder(folder, overwrite, ({ checkpoints, follow }) => {
      assert.equal(checkpoints, join(folder, "checkpoints", "2"));
      fold(checkpoints);
      follow({ type: "phase" });
      for (const path of before) assert.ok(existsSync(join(folder, path)), path);
      contrastive(checkpoints);
      follow({ type: "saved" });
    });
    const own = ["command.json", "contrastive/checkpoint-3.crisp", "folds/.crisp-files.json", "folds/fold-1.json"];
    const mine = ["contrastive/checkpoint-9.crisp", "folds/fold-2.json"];
    assert.deepEqual(tree(folder), [...own.map((path) => `2/${path}`), ...mine].map((path) => join("checkpoints", path)).sort());
  });
  test("that left nothing but empty folders can be started again, and one that failed leaves none", async () => {
    const folder = newFolder();
    for (const name of ["contrastive", "folds"]) mkdirSync(join(folder, "checkpoints", name), { recursive: true });
    await inFolder(folder, {}, () => {});
    assert.ok(!existsSync(join(folder, "checkpoints")));
  });
});

test("what was made for a run that failed goes, folders above it too; one that left but a log can be used again", async () => {
  const [above, used] = [newFolder(), newFolder()];
  const failing = (): never => {
    throw new Error("no such model");
  };
  await assert.rejects(inFolder(join(above, "a", "b"), {}, failing));
  assert.ok(!existsSync(above));
  await assert.rejects(
    inFolder(used, {}, ({ log, follow }) => {
      log.append({ type: "finished", seconds: 1 });
      follow({ type: "step" });
      failing();
    }),
  );
  assert.deepEqual(tree(used), [join("checkpoints", "command.json"), join("checkpoints", "run.log.jsonl")]);
  await inFolder(used, {}, ({ checkpoints }) => assert.equal(checkpoints, join(used, "checkpoints")));
});

describe("the command of a run", () => {
  test("is kept before its first update, and goes again where there was none", async () => {
    const folder = newFolder();
    await inFolder(folder, {}, ({ checkpoints, follow }) => {
      follow({ type: "recipe" });
      assert.ok(existsSync(join(checkpoints, "command.json")));
    });
    assert.ok(!existsSync(join(folder, "checkpoints")));
  });
  const command = ["train", "a.csv", "--learning_rate", "0.5", "--save_steps", "4"];
  const started = async (): Promise<string> => {
    const folder = newFolder();
    const work = async ({ checkpoints, follow }: TrainingFolder): Promise<void> => {
      mkdirSync(checkpoints, { recursive: true });
      follow({ type: "step" });
      checkpoint(join(checkpoints, "checkpoint-1.crisp"));
      follow({ type: "saved" });
    };
    await inTrainingFolder({ overwriteOutputDir: false, command }, folder, work);
    return folder;
  };
  const table = { learning_rate: { type: "number", help: "", default: 1 }, save_steps: { type: "integer", help: "" } } as const;
  const options = { ...table, resume_from_checkpoint: { type: "string", help: "" } } as const;
  const positionals = [{ name: "data", help: "" }];
  const resume = (verb: string, argv: readonly string[]) => {
    const notes: string[] = [];
    const typed = parseArguments(`crisp ${verb}`, argv, options, positionals);
    const parsed = continuing({ name: verb, options, positionals })(typed, (text) => notes.push(text));
    return { ...parsed, notes };
  };

  test("fills in what is left out when it is continued, and what is typed counts", async () => {
    const folder = await started();
    const { options: read, given, positionals: data, notes } = resume("train", ["--resume_from_checkpoint", folder]);
    assert.deepEqual([read.learningRate, read.saveSteps, read.resumeFromCheckpoint, data], [0.5, 4, folder, ["a.csv"]]);
    assert.deepEqual([...given].sort(), ["learningRate", "resumeFromCheckpoint", "saveSteps"]);
    assert.deepEqual(notes, []);
    assert.deepEqual(resume("train", ["--resume_from_checkpoint", folder]).startedBy, command);
    const other = resume("train", ["b.csv", "--save_steps", "9", "--resume_from_checkpoint", folder]);
    assert.deepEqual([other.options.learningRate, other.options.saveSteps, other.positionals], [0.5, 9, ["b.csv"]]);
  });
  test("is of one verb, and says where it was typed", async () => {
    const folder = await started();
    assert.throws(() => resume("pretrain", ["--resume_from_checkpoint", folder]), {
      code: "cli/bad-option",
      message: /expected a run of crisp pretrain, got train\. Continue it by: crisp train --resume_from_checkpoint/,
    });
    const path = join(folder, "checkpoints", "command.json");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), folder: "/elsewhere" }));
    const { notes } = resume("train", ["--resume_from_checkpoint", folder]);
    assert.deepEqual(notes, ["the run was started in /elsewhere; relative paths are now read from here"]);
  });
  test("of somebody else's making is refused, and stays", async () => {
    const folder = await started();
    const path = join(folder, "checkpoints", "command.json");
    writeFileSync(path, "mine");
    assert.throws(() => resume("train", ["--resume_from_checkpoint", folder]), { code: "file/not-own" });
    await inFolder(folder, overwrite, ({ checkpoints, removeOlder }) => {
      checkpoint(join(checkpoints, "checkpoint-3.crisp"));
      removeOlder();
    });
    assert.equal(readFileSync(path, "utf8"), "mine");
  });
  test("without one, what is typed is all there is; where that is nothing, the whole command is asked for", async () => {
    const folder = await started();
    rmSync(join(folder, "checkpoints", "command.json"));
    assert.deepEqual(resume("train", ["a.csv", "--resume_from_checkpoint", folder]).positionals, ["a.csv"]);
    assert.throws(() => resume("train", ["--resume_from_checkpoint", folder, "--json"]), {
      code: "cli/no-command",
      message: /the command that started the run, got no such file\. Type the whole command/,
    });
  });
});

test("where there is nothing to continue, no folder is made", async () => {
  const folder = newFolder();
  await assert.rejects(
    inFolder(folder, { resumeFromCheckpoint: folder }, () => {}),
    { code: "cli/no-checkpoint" },
  );
  assert.ok(!existsSync(folder));
});

test("a run's log is beside its checkpoints, and somebody else's file of its name stays", async () => {
  const folder = newFolder();
  const path = join(folder, "checkpoints", "run.log.jsonl");
  put(path, "my notes");
  await assert.rejects(
    inFolder(folder, overwrite, () => {}),
    { code: "file/not-own" },
  );
  assert.equal(readFileSync(path, "utf8"), "my notes");
  const own = newFolder();
  await inFolder(own, {}, ({ log }) => log.append({ type: "finished", seconds: 1 }));
  await inFolder(own, overwrite, ({ log }) => log.append({ type: "finished", seconds: 2 }));
  const lines = readFileSync(join(own, "checkpoints", "run.log.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { seconds: number }).seconds),
    [1, 2],
  );
});
