import { type Choice, CORE_VERSION, type Command, type Host, IMAGES, messageOf, VarveError } from '@varve/core';
import { compileTemplate, isOn, textOf } from '@varve/core/command';
import { formatPlatform, hostPlatform } from '@varve/core/image';
import { countContainers, describeHost } from '../describe-host.ts';
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
    const info = {
      core: CORE_VERSION,
      node: process.version,
      platform: formatPlatform(hostPlatform()),
      root: host.root,
      config: configFile ?? null,
      images: await countImages(host),
      storage: await ask(() => host.storage(storage)),
      executor: await ask(() => host.executor(executor)),
      plugins: host.plugins,
    };
    const format = isOn(values, 'json') ? 'json' : textOf(values, 'format');
    if (format !== undefined) {
      const all = { ...(await describeHost(host, info.storage.name)), ...info };
      stdout.write(`${format === 'json' ? JSON.stringify(all) : compileTemplate(format)(all)}\n`);
    } else stdout.write(`${linesOf({ ...info, containers: await countContainers(host) }).join('\n')}\n`);
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

function linesOf(info: {
  readonly core: string;
  readonly node: string;
  readonly platform: string;
  readonly root: string;
  readonly config: string | null;
  readonly images: number | string;
  readonly containers: Awaited<ReturnType<typeof countContainers>>;
  readonly storage: Provider;
  readonly executor: Provider;
  readonly plugins: Host['plugins'];
}): readonly string[] {
  const { Containers, ContainersRunning, ContainersPaused } = info.containers;
  return [
    `Core:      ${info.core}`,
    `Node:      ${info.node}`,
    `Platform:  ${info.platform}`,
    `Root:      ${info.root}`,
    `Config:    ${info.config ?? 'none'}`,
    `Images:    ${info.images}`,
    `Running:   ${ContainersRunning} of ${Containers} containers${ContainersPaused === 0 ? '' : `, ${ContainersPaused} paused`}`,
    ...providerLines('Storage:  ', info.storage),
    ...providerLines('Executor: ', info.executor),
    `Plugins:   ${info.plugins.map(({ name }) => name).join(', ')}`,
  ];
}

const providerLines = (title: string, { name, declined, error }: Provider): readonly string[] => [
  `${title} ${name ?? error ?? 'none'}`,
  ...declined.map(({ provider, reason }) => `           not ${provider}: ${reason}`),
];
