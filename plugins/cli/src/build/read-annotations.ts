import { usageError } from '@varve/core/command';
import { formatPlatform, parsePlatform } from '@varve/core/image';
import { splitPair } from './csv.ts';

type Pairs = Readonly<Record<string, string>>;

/** What annotations are of. */
export interface Annotations {
  /** Of every manifest. */
  readonly annotations: Pairs;
  /** Of the manifest of one platform, by that. */
  readonly platformAnnotations: Readonly<Record<string, Pairs>>;
  readonly indexAnnotations: Pairs;
}

/** One annotation and where it was asked for: `manifest`, `index`, `manifest[linux/amd64]`. */
export interface Placed {
  readonly of: string;
  readonly pair: readonly [string, string];
  /** As the user wrote it. */
  readonly text: string;
}

/** Before the name: `manifest,index:name=value`. */
const OF = /^((?:manifest|index|manifest-descriptor|index-descriptor)(?:\[[^\]]*\])?(?:,[a-z-]+(?:\[[^\]]*\])?)*):(?=.)/;

/** `--annotation`: without a word before it, of the manifest. @throws VarveError `USAGE` */
export const readAnnotations = (texts: readonly string[]): readonly Placed[] =>
  texts.flatMap((text) => {
    const [prefix = '', of = 'manifest'] = OF.exec(text) ?? [];
    const named = text.slice(prefix.length);
    if (named === '' || named.startsWith('=')) throw usageError(`--annotation expects <name>=<value>, found ${JSON.stringify(named)}`);
    return of.split(',').map((one) => ({ of: one, pair: splitPair(named), text }));
  });

/** An output's `annotation.<name>=<value>`, also `annotation-index.<name>` and `annotation-manifest[linux/amd64].<name>`. */
export function readOutputAnnotation(name: string, value: string): Placed | undefined {
  const found = /^annotation(?:-(manifest|index))?(\[[^\]]*\])?\.(.+)$/s.exec(name);
  if (found === null) return undefined;
  const [, what = 'manifest', platform = '', key = ''] = found;
  return { of: `${what}${platform}`, pair: [key, value], text: `${name}=${value}` };
}

/** @throws VarveError `USAGE` for the annotation of an index where there is none, or of what is nowhere kept; `PLATFORM_INVALID` */
export function sortAnnotations(placed: readonly Placed[], { severalPlatforms }: { readonly severalPlatforms: boolean }): Annotations {
  const groups = Map.groupBy(placed, (one) => targetOf(one, severalPlatforms));
  const pairsOf = (target: string): Pairs => Object.fromEntries((groups.get(target) ?? []).map(({ pair }) => pair));
  const platforms = [...groups.keys()].filter((target) => target.includes('/'));
  return {
    annotations: pairsOf('manifest'),
    platformAnnotations: Object.fromEntries(platforms.map((platform) => [platform, pairsOf(platform)])),
    indexAnnotations: pairsOf('index'),
  };
}

/** `manifest`, `index` or a platform. */
function targetOf({ of, text }: Placed, severalPlatforms: boolean): string {
  const [, what, platform] = /^([a-z-]+)(?:\[([^\]]*)\])?$/.exec(of) ?? [];
  if (what === 'manifest') return platform === undefined ? what : formatPlatform(parsePlatform(platform));
  if (what === 'index' && severalPlatforms) return what;
  throw severalPlatforms
    ? usageError(`annotations of a descriptor are not supported: ${text}`, 'Annotate the manifest or the index.')
    : usageError(`index annotations not supported for single platform export: ${text}`, 'Leave the part before the colon out.');
}
