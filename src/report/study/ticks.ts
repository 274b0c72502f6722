import { fixed, percent } from "../format.ts";

/** Labels of an axis of accuracies in [0, 1]; `digits` are those of the shares. */
export const accuracyTick = (value: number, digits: number): string => percent(value, Math.max(0, digits - 2));

/** Labels of an axis of losses. */
export const lossTick = (value: number, digits: number): string => fixed(value, digits);
