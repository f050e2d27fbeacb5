import { parentPort, workerData } from 'node:worker_threads';
import { becomeLauncher, fulfil } from './launcher.ts';
import type { LaunchMessage, LaunchOrder, Privileges } from './plan.ts';

/** The thread of `LaunchThread`. */
becomeLauncher(workerData as Privileges);
parentPort?.on('message', (order: LaunchOrder) => fulfil(order, (message: LaunchMessage) => parentPort?.postMessage(message)));
