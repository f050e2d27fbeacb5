/** `url[#[ref][:subdir]]`. */
export interface GitPlace {
  readonly url: string;
  readonly ref?: string | undefined;
  readonly subdir?: string | undefined;
}

/** As docker's: other http addresses are files. `git@host:path` is ssh's way to write one. */
const GIT = [/^(?:git|ssh|file):\/\/[^-]/, /^https?:\/\/[^#]+\.git(?:#|$)/, /^[\w-][\w.-]*@[a-z0-9][a-z0-9.-]*:[^-]/i];
const GITHUB = /^github\.com\/[^/]+\/[^/]+/;

/** The repository that a context names; `undefined`: it names none. */
export function parseGitPlace(text: string): GitPlace | undefined {
  const whole = GITHUB.test(text) ? `https://${text}` : text;
  if (whole === text && !GIT.some((pattern) => pattern.test(text))) return undefined;
  const hash = whole.indexOf('#');
  const fragment = hash === -1 ? '' : whole.slice(hash + 1);
  const colon = fragment.indexOf(':');
  const ref = colon === -1 ? fragment : fragment.slice(0, colon);
  const subdir = colon === -1 ? '' : fragment.slice(colon + 1);
  return { url: hash === -1 ? whole : whole.slice(0, hash), ref: ref || undefined, subdir: subdir || undefined };
}
