import { launchThread, whyLaunchUnavailable, whyNotAdmin, whySandboxUnavailable, whySystemUnavailable } from '@varve/core/system';

/** What this executor lacks here; found out by making namespaces, which takes a few milliseconds. */
export async function whyUnsupported(): Promise<string | undefined> {
  const reason = whyLaunchUnavailable() ?? whySystemUnavailable() ?? whyNotAdmin();
  if (reason !== undefined) return reason;
  const probing = whySandboxUnavailable();
  launchThread({ capabilities: 'docker' }); // that of usual processes, which takes longer to start than the namespaces
  return await probing;
}
