/**
 * What is asked for, in the words of token servers (distribution, "Token Scope Documentation"): `repository:acme/app:pull,push`. Scopes of
 * one resource become one; sorted, so that equal wishes have equal names.
 */
export function mergeScopes(...lists: readonly (readonly string[])[]): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of lists.flat()) {
    const colon = scope.lastIndexOf(':');
    const resource = colon === -1 ? scope : scope.slice(0, colon);
    const known = actions.get(resource) ?? new Set();
    for (const action of colon === -1 ? [] : scope.slice(colon + 1).split(',')) known.add(action);
    actions.set(resource, known);
  }
  return [...actions].map(([resource, list]) => (list.size === 0 ? resource : `${resource}:${[...list].sort().join(',')}`)).sort();
}

export const repositoryScope = (path: string, actions: string): string => `repository:${path}:${actions}`;
