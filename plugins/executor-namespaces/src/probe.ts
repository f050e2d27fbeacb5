import { whyLaunchUnavailable, whyNotAdmin, whySandboxUnavailable, whySystemUnavailable } from '@varve/core/system';

/** What this executor lacks here; found out by making namespaces, which takes a few milliseconds. */
export async function whyUnsupported(): Promise<string | undefined> {
  return whyLaunchUnavailable() ?? whySystemUnavailable() ?? whyNotAdmin() ?? (await whySandboxUnavailable());
}
