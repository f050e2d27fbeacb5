import type { Step, StepKinds } from './contracts/plan.ts';
import type { StepHandler } from './contracts/step.ts';

/** A tap of the `handler` hook for one kind of step. */
export const handles =
  <K extends keyof StepKinds>(kind: K, handler: () => StepHandler<StepKinds[K]>) =>
  async (step: Step): Promise<StepHandler | undefined> =>
    // The kind decides the type, which TypeScript cannot see through `K`.
    step.kind === kind ? (handler() as unknown as StepHandler) : undefined;
