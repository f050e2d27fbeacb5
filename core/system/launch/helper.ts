import { becomeLauncher, fulfil } from './launcher.ts';
import type { LaunchMessage, LaunchOrder } from './plan.ts';
import { reap } from './reaper.ts';

delete process.env.NODE_V8_COVERAGE; // Node would add it to the child's environment, which is complete

/** The process of `orderLimited`: it takes one order, and ends with its child, or with whoever gave the order. */
process.once('message', (order: LaunchOrder) => {
  becomeLauncher(order.plan);
  fulfil(order, (message: LaunchMessage) => {
    process.send?.(message);
    const { event } = message;
    if (event.kind === 'started')
      reap(event.pid, (ending) => process.send?.({ id: order.id, event: { kind: 'ended', ...ending } } satisfies LaunchMessage));
  });
});
process.once('disconnect', () => process.exit());
