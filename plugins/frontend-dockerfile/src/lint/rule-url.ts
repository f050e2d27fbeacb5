/** Where Docker describes its rule: `JSONArgsRecommended` is at `…/json-args-recommended/`. */
export function ruleUrl(name: string): string {
  const words = name.replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2').replace(/([a-z])([A-Z])/g, '$1-$2');
  return `https://docs.docker.com/go/dockerfile/rule/${words.toLowerCase()}/`;
}
