import type { StepPlace } from '@varve/core';

/** A step of a build, which may be one of several platforms at once. */
export interface StepOf extends StepPlace {
  readonly platform?: string | undefined;
}

/** Tells the steps of one build from each other. */
export const keyOf = ({ platform = '', stage, index }: StepOf): string => `${platform}\0${stage}\0${index}`;
