import type { Choice, HostRequest } from './contracts/host.ts';
import type { StoreState } from './contracts/store.ts';
import { VarveError } from './errors.ts';
import type { Who } from './hooks.ts';

export interface ChoiceRequest {
  /** For messages: `storage driver`. */
  readonly what: string;
  readonly root: string;
  /** Insist on this one. */
  readonly name?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the host-bound providers in order; when all pass, the error quotes why each did.
 * @throws VarveError `HOST_UNSUPPORTED`
 */
export async function choose<T>(hook: Who<HostRequest, T>, { what, root, name, signal }: ChoiceRequest): Promise<Choice<T>> {
  const declined: { readonly provider: string; readonly reason: string }[] = [];
  const decline = (provider: string, reason: string) => void declined.push({ provider, reason });
  const provider = await hook.promise({ root, name, signal, decline });
  if (provider !== undefined) return { provider, declined };
  const wanted = name === undefined ? `No ${what} fits this host` : `No ${what} called "${name}" fits this host`;
  const reasons = declined.length > 0 ? declined.map((one) => `${one.provider}: ${one.reason}`) : ['no loaded plugin offers one'];
  throw new VarveError('HOST_UNSUPPORTED', [wanted, ...reasons].join('\n  '), {
    hint:
      name === undefined
        ? `Mend what they miss, or add a plugin that brings another ${what}.`
        : 'Leave the choice to varve, or see `varve info` for what there is.',
  });
}

/**
 * The same for what leaves its mark in the store: the one that filled it is asked before all others, and when it no longer fits that is
 * an error, because going on with another would make what it holds disappear.
 */
export async function chooseRemembered<T extends { readonly name: string }>(
  hook: Who<HostRequest, T>,
  request: ChoiceRequest,
  state: StoreState | undefined,
): Promise<Choice<T>> {
  const remembered = await state?.recall(request.what);
  if (request.name !== undefined || remembered === undefined) {
    const choice = await choose(hook, request);
    if (remembered === undefined) await state?.remember(request.what, choice.provider.name);
    return choice;
  }
  try {
    return await choose(hook, { ...request, name: remembered });
  } catch (failure) {
    if (!VarveError.is(failure) || failure.code !== 'HOST_UNSUPPORTED') throw failure;
    throw new VarveError(failure.code, `${request.root} was filled by the ${request.what} "${remembered}". ${failure.message}`, {
      cause: failure,
      hint: 'Name another one explicitly to build without what it holds, or use another root.',
    });
  }
}
