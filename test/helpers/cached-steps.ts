/** Whether each step that makes a layer was done or found, by its title, as `--progress=plain` tells. */
export function cachedSteps(stderr: string): Readonly<Record<string, boolean>> {
  const titles = new Map<string, string>();
  const steps: Record<string, boolean> = {};
  for (const line of stderr.split('\n')) {
    const [, number = '', rest = ''] = /^#(\d+) (.*)$/.exec(line) ?? [];
    const title = /^\[(?:[^\]]* )?\d+\/\d+\] (.*?)(?: \(.*\))?$/.exec(rest)?.[1];
    if (title !== undefined) titles.set(number, title);
    const step = titles.get(number);
    if (step !== undefined && (rest === 'CACHED' || rest.startsWith('DONE '))) steps[step] = rest === 'CACHED';
  }
  return steps;
}
