import { humanAge } from '@varve/core/command';
import type { Health } from '../health/health-check.ts';
import type { ContainerRecord, Status } from '../state/container-record.ts';

/** As docker's `ps` says it: `Up 5 seconds`, `Exited (0) 3 minutes ago`. */
export function describeStatus({ state }: ContainerRecord, now: number): string {
  const since = (at: number | undefined) => humanAge(Math.max(0, now - (at ?? now)));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${shownHealth(state.health)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'exited':
      return `Exited (${state.exitCode ?? 0}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'creating':
    case 'created':
      return 'Created';
    default:
      return state.status satisfies never;
  }
}

function shownHealth(health: Health | undefined): string {
  if (health === undefined) return '';
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}

export const isUp = ({ state }: { readonly state: { readonly status: Status } }): boolean =>
  state.status === 'running' || state.status === 'paused';
