import { becomeLauncher, fulfil } from './launcher.ts';
import type { LaunchMessage, LaunchOrder } from './plan.ts';

delete process.env.NODE_V8_COVERAGE; // Node would add it to the child's environment, which is complete

/** The process of `orderLimited`: it takes one order, and ends with its child, or with whoever gave the order. */
process.once('message', (order: LaunchOrder) => {
  becomeLauncher(order.plan.capabilities);
  fulfil(order, (message: LaunchMessage) => process.send?.(message));
});
process.once('disconnect', () => process.exit());
