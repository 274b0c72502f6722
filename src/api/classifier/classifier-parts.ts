import type { Encoded, ImageReader, Tokenizer } from "../../data/index.ts";
import type { Adapter, EncoderConfig } from "../../models/index.ts";
import type { ImageInput, onItsDevice } from "../../runs/index.ts";
import type { Runtime } from "../../runtime/index.ts";
import type { PlacedWord } from "../../tasks/index.ts";
import type { NamedFiles } from "../input-files.ts";
import type { CrispCard } from "./crisp-card.ts";

/** A text to classify, or a pair of texts for a model that was trained on pairs. */
export type TextInput =
  | string
  | {
      readonly text: string;
      readonly pair?: string;
      /** Token classification: the words of `text`; left out, it is parted at its spaces. */
      readonly words?: readonly string[];
    };

/** An image to classify, for a model of images: the path of its file, or the file's bytes. */
export type ImageInputFile = string | Uint8Array;

/** A text as `evaluate` takes it; for token classification with its words, and the first token of each. */
export interface EncodedText extends Encoded {
  readonly words?: readonly PlacedWord[];
}

export interface ClassifierParts {
  /** With adapters, where they are computed beside the weights. */
  readonly config: EncoderConfig;
  readonly card: CrispCard;
  /** Of a model of texts. */
  readonly tokenizer?: Tokenizer;
  /** Of a model of images. */
  readonly images?: ImageInput;
  /** Opens and decodes images. */
  readonly imageReader?: ImageReader;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Of a model that was trained by adapters just now, or loaded beside a base: saved beside it, as PEFT reads them. */
  readonly adapter?: Adapter;
  /** See `INPUT_FILES`; as they go into a saved folder. */
  readonly tokenizerFiles: NamedFiles;
  /** Called when something is first computed. */
  readonly createRuntime: () => Promise<Runtime>;
  /** Carries weights to the device; default `onItsDevice`. */
  readonly upload?: typeof onItsDevice;
}
