import { type Choice, CORE_VERSION, type Command, type Host, IMAGES, messageOf, VarveError } from '@varve/core';
import { binarySize, compileTemplate, isOn, textOf } from '@varve/core/command';
import { formatPlatform, hostPlatform } from '@varve/core/image';
import { describeHost } from '../describe-host.ts';
import type { CliOptions } from '../options.ts';

interface Provider {
  /** Absent where none fits. */
  readonly name?: string;
  readonly declined: readonly { readonly provider: string; readonly reason: string }[];
  readonly error?: string;
}

/** What varve runs with on this host, and why not with something else. */
export const infoCommand = ({ configFile, storage, executor }: CliOptions): Command => ({
  name: 'info',
  aliases: ['system info'],
  summary: 'Show what was picked on this host, and why the others were not',
  options: {
    format: { type: 'string', short: 'f', value: '<format>', description: "json or a Go template, with docker's members beside ours" },
    json: { type: 'boolean', description: 'as JSON' },
  },
  async run({ host, values, stdout }) {
    const chosen = { storage: await ask(() => host.storage(storage)), executor: await ask(() => host.executor(executor)) };
    const docker = await describeHost(host, chosen.storage.name);
    const format = isOn(values, 'json') ? 'json' : textOf(values, 'format');
    if (format === undefined) {
      stdout.write(`${linesOf({ ...docker, ...chosen, config: configFile, plugins: host.plugins }).join('\n')}\n`);
      return 0;
    }
    const all = {
      ...docker,
      core: CORE_VERSION,
      node: process.version,
      platform: formatPlatform(hostPlatform()),
      root: host.root,
      config: configFile ?? null,
      images: await countImages(host),
      ...chosen,
      plugins: host.plugins,
    };
    stdout.write(`${format === 'json' ? JSON.stringify(all) : compileTemplate(format)(all)}\n`);
    return 0;
  },
});

async function ask(choose: () => Promise<Choice<{ readonly name: string }>>): Promise<Provider> {
  try {
    const { provider, declined } = await choose();
    return { name: provider.name, declined };
  } catch (error) {
    if (!VarveError.is(error)) throw error;
    return { declined: [], error: error.message };
  }
}

/** `null`: there is no store, or it cannot be read. */
async function countImages(host: Host): Promise<number | string> {
  try {
    return (await host.get(IMAGES).list()).length;
  } catch (error) {
    return `unknown: ${messageOf(error)}`;
  }
}

type Shown = Awaited<ReturnType<typeof describeHost>> & {
  readonly config: string | undefined;
  readonly storage: Provider;
  readonly executor: Provider;
  readonly plugins: Host['plugins'];
};

/** In docker's lines, which scripts look for, and ours between them. */
const linesOf = (info: Shown): readonly string[] => [
  'Client:',
  ` Version:    ${CORE_VERSION}`,
  ` Node:       ${process.version}`,
  ` Config:     ${info.config ?? 'none'}`,
  ` Plugins:    ${info.plugins.map(({ name }) => name).join(', ')}`,
  '',
  'Server:',
  ` Containers: ${info.Containers}`,
  `  Running: ${info.ContainersRunning}`,
  `  Paused: ${info.ContainersPaused}`,
  `  Stopped: ${info.ContainersStopped}`,
  ` Images: ${info.Images}`,
  ` Server Version: ${info.ServerVersion}`,
  ...providerLines('Storage Driver', info.storage),
  ...providerLines('Executor', info.executor),
  ` Kernel Version: ${info.KernelVersion}`,
  ` Operating System: ${info.OperatingSystem}`,
  ` OSType: ${info.OSType}`,
  ` Architecture: ${info.Architecture}`,
  ` CPUs: ${info.NCPU}`,
  ` Total Memory: ${binarySize(info.MemTotal)}`,
  ` Name: ${info.Name}`,
  ` Docker Root Dir: ${info.DockerRootDir}`,
];

const providerLines = (title: string, { name, declined, error }: Provider): readonly string[] => [
  ` ${title}: ${name ?? error ?? 'none'}`,
  ...declined.map(({ provider, reason }) => `  not ${provider}: ${reason}`),
];
