export { type CellPlace, cellText, filledText, namesOf, numberOf, wordsOf } from "./cells.ts";
export { checkMasking, type MaskedTokens, type MaskingRules, maskTokens } from "./masking.ts";
export type {
  Collated,
  CollateKey,
  Decision,
  EncoderHeads,
  EvaluatedExample,
  FigureRules,
  HeadFacts,
  Labelled,
  Mistake,
  OutputRows,
  PlacedWord,
  Prediction,
  Task,
  TaskAnswer,
  TaskFigures,
  TaskHead,
  TaskLabels,
} from "./task.ts";
export {
  DEFAULT_TASK,
  guessTask,
  isProblemType,
  labelledTasks,
  problemTypes,
  type TaskName,
  taskNamed,
  taskNames,
  taskOf,
  taskOfHead,
  tasks,
} from "./tasks.ts";
