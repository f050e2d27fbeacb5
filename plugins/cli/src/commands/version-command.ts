import { release } from 'node:os';
import { CORE_VERSION, type Command } from '@varve/core';
import { compileTemplate, goJson, isOn, textOf } from '@varve/core/command';
import { hostPlatform } from '@varve/core/image';

/** Versions, in the members that docker's `version` has: scripts ask for `{{.Client.Version}}` and `{{.Server.Version}}`. */
export const versionCommand: Command = {
  name: 'version',
  summary: 'Show versions',
  options: {
    format: { type: 'string', short: 'f', value: '<format>', description: 'json or a Go template' },
    json: { type: 'boolean', description: 'as JSON' },
  },
  async run({ values, stdout }) {
    const format = isOn(values, 'json') ? 'json' : textOf(values, 'format');
    if (format === 'json') stdout.write(`${goJson(versions())}\n`);
    else if (format !== undefined) stdout.write(`${compileTemplate(format)(versions())}\n`);
    else stdout.write(text());
    return 0;
  },
};

/**
 * There is neither a daemon nor an API of one: both sides are this program. What a script may ask of docker and there is nothing to say
 * of is empty, so that its template is none the worse for it.
 */
function versions() {
  const { os, architecture } = hostPlatform();
  const both = {
    Version: CORE_VERSION,
    ApiVersion: '',
    APIVersion: '',
    GitCommit: '',
    GoVersion: '',
    BuildTime: '',
    Os: os,
    Arch: architecture,
    NodeVersion: process.version,
    KernelVersion: release(),
    Experimental: false,
  };
  return {
    Client: { Platform: { Name: 'Varve' }, ...both, DefaultAPIVersion: '', Context: 'default' },
    Server: {
      Platform: { Name: 'Varve' },
      ...both,
      MinAPIVersion: '',
      Components: [{ Name: 'Varve', Version: CORE_VERSION, Details: {} }],
    },
  };
}

function text(): string {
  const { os, architecture } = hostPlatform();
  return `Varve:
 Version:    ${CORE_VERSION}
 Node:       ${process.version}
 OS/Arch:    ${os}/${architecture}
 Kernel:     ${release()}
`;
}
