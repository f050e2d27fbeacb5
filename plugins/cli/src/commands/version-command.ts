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
    const { os, architecture } = hostPlatform();
    const varve = { Version: CORE_VERSION, Os: os, Arch: architecture, NodeVersion: process.version, KernelVersion: release() };
    const versions = { Client: varve, Server: varve };
    const format = isOn(values, 'json') ? 'json' : textOf(values, 'format');
    if (format === 'json') stdout.write(`${goJson(versions)}\n`);
    else if (format !== undefined) stdout.write(`${compileTemplate(format)(versions)}\n`);
    else
      stdout.write(
        [
          'Varve:',
          ` Version:    ${CORE_VERSION}`,
          ` Node:       ${process.version}`,
          ` OS/Arch:    ${os}/${architecture}`,
          ` Kernel:     ${release()}`,
          '',
        ].join('\n'),
      );
    return 0;
  },
};
