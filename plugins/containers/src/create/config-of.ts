import { VarveError } from '@varve/core';
import { type ContainerConfig, mergeEnv } from '@varve/core/image';
import type { CreateRequest } from './create-request.ts';

/**
 * The image's config with what the command line says: arguments replace CMD, and an entry point replaces ENTRYPOINT and CMD; an empty
 * one takes both away. @throws VarveError `CONTAINER_COMMAND` when nothing is left to run
 */
export function configOf(image: ContainerConfig, request: CreateRequest): ContainerConfig {
  const { Entrypoint: entry, Cmd: cmd, ...rest } = image;
  const Entrypoint = request.entrypoint === undefined ? (entry ?? null) : request.entrypoint === '' ? null : [request.entrypoint];
  const fromImage = request.entrypoint === undefined ? (cmd ?? null) : null;
  const Cmd = request.args.length > 0 ? request.args : fromImage;
  if ((Entrypoint ?? []).length + (Cmd ?? []).length === 0)
    throw new VarveError('CONTAINER_COMMAND', 'no command specified', {
      hint: 'The image has neither CMD nor ENTRYPOINT: write what to run behind its name.',
    });
  const labels = { ...rest.Labels, ...request.labels };
  return {
    ...rest,
    Entrypoint,
    Cmd,
    Env: mergeEnv(rest.Env ?? [], request.env),
    ...(Object.keys(labels).length > 0 && { Labels: labels }),
    ...(request.user !== undefined && { User: request.user }),
    ...(request.workdir !== undefined && { WorkingDir: request.workdir }),
    ...(request.health !== undefined && { Healthcheck: { ...image.Healthcheck, ...request.health } }),
    ...(request.stopSignal !== undefined && { StopSignal: request.stopSignal }),
  };
}

/** What is executed. */
export const argsOf = ({ Entrypoint, Cmd }: ContainerConfig): readonly string[] => [...(Entrypoint ?? []), ...(Cmd ?? [])];
