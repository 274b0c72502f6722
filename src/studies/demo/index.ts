export { ceilingUnder, demoLayers, demoSparsities, reachOfCls, visibleOpinions } from "./ceilings.ts";
export {
  type DemoCorpus,
  demoCorpora,
  demoSizes,
  type FreshSentence,
  type Planted,
  type PlantedVerdict,
  type WindowCeiling,
} from "./corpora.ts";
export { demoEncoderConfig, demoTraining } from "./settings.ts";
export { demoTokenizer, demoVocabulary } from "./tokenizer.ts";
