import { parentPort, workerData } from 'node:worker_threads';
import { becomeLauncher, fulfil } from './launcher.ts';
import type { LaunchMessage, LaunchOrder, LaunchPlan } from './plan.ts';

/** The thread of `LaunchThread`. */
const { capabilities } = workerData as { readonly capabilities: LaunchPlan['capabilities'] };
becomeLauncher(capabilities);
parentPort?.on('message', (order: LaunchOrder) => fulfil(order, (message: LaunchMessage) => parentPort?.postMessage(message)));
