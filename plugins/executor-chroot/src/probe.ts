import { whyLaunchUnavailable, whyNotRoot, whySystemUnavailable } from '@varve/core/system';

const CAP_SYS_CHROOT = 18;

/** What this executor lacks here; looks only, and starts nothing. */
export const whyUnsupported = (): string | undefined => whyLaunchUnavailable() ?? whySystemUnavailable() ?? whyNotRoot(CAP_SYS_CHROOT);
