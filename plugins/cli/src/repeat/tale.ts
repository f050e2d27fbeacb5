import type { BuildEvent, Plan, Stage, Step } from '@varve/core';

/** What is told of a build, as it would be told of the same build again, in which every step is cached. */
export class Tale {
  readonly events: BuildEvent[] = [];
  plan: Plan | undefined;
  #executed = 0;
  #warnings = 0;
  #isStrange = false;

  /** Whether the same build would be told so: nothing comes from elsewhere, and no step warned of something while it was done. */
  get isComplete(): boolean {
    return this.plan !== undefined && !this.#isStrange && (this.#executed === 0 || this.#warnings === 0);
  }

  hear(event: BuildEvent): void {
    switch (event.type) {
      case 'build-started':
      case 'build-finished':
        this.events.push(event);
        break;
      case 'planned':
        this.#isStrange ||= this.plan !== undefined; // several platforms
        this.plan = event.plan;
        this.events.push({ ...event, plan: shown(event.plan) });
        break;
      case 'step-cached':
        this.events.push({ ...event, step: shownStep(event.step) });
        break;
      case 'step-finished':
        if (event.key === undefined) break; // it is never cached, and nobody is told
        this.#executed++;
        this.events.push({ ...event, type: 'step-cached', key: event.key, step: shownStep(event.step) });
        break;
      case 'warning':
        if (this.plan !== undefined) this.#warnings++;
        this.events.push(event);
        break;
      case 'transfer':
      case 'build-failed':
      case 'step-failed':
        this.#isStrange = true;
        break;
    }
  }
}

/** Without what nobody is shown: values of variables may be secret. */
const shown = ({ stages, target }: Plan): Plan => ({ stages: stages.map(shownStage), target });
const shownStage = ({ name, base, platform, steps }: Stage): Stage => ({ name, base, platform, steps: steps.map(shownStep) });
const shownStep = ({ kind, title }: Step): Step => ({ kind, title }) as Step; // whoever tells of steps looks at these alone
