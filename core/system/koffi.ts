import { createRequire } from 'node:module';

type Koffi = typeof import('koffi');

/**
 * Loads koffi. Its own entry looks for the kind of system it is on, among others in Node's executable, and takes 15 ms; the native module
 * that it would come to takes 2, and every build as root needs it. Where that is not where npm puts it, or does not load, as with musl, the
 * entry finds what does. Packages that are native stay outside of bundles, so it is required, not imported.
 */
export function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('koffi');
  const system = `${process.platform}-${process.arch}`;
  try {
    const native = `@koromix/koffi-${system}/${system.replace('-', '_')}/koffi.node`;
    return createRequire(entry)(native) as Koffi;
  } catch {
    return require(entry) as Koffi;
  }
}
