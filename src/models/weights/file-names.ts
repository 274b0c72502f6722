// What is read of a model's folder. Whatever lists files of models takes their names from here: who loads, saves, compares hashes and
// passes them on. src/hub/, which may not know models, downloads the same ones by a test.

/** Files of a tokenizer that go along with a model, where the source has them. */
export const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] as const;

/** Says how images become numbers. */
export const PREPROCESSOR_FILE = "preprocessor_config.json";

/** Files that say how a model's input is read: those of its tokenizer, or of an encoder of images its preprocessor_config.json. */
export const INPUT_FILES = [...TOKENIZER_FILES, PREPROCESSOR_FILE] as const;

/** All that is read beside the weights. */
export const BESIDE_WEIGHTS = ["config.json", "crisp.json", ...INPUT_FILES] as const;

/** Weights in one file. */
export const WEIGHTS_FILE = "model.safetensors";
