import type { ConformanceCases } from '../conformance-case.ts';
import { addArchives } from './add-archives.ts';
import { buildArguments } from './build-arguments.ts';
import { commands } from './commands.ts';
import { copyAttributes } from './copy-attributes.ts';
import { copyFlags } from './copy-flags.ts';
import { copyFromStages } from './copy-from-stages.ts';
import { copyPaths } from './copy-paths.ts';
import { copySymlinks } from './copy-symlinks.ts';
import { copyWildcards } from './copy-wildcards.ts';
import { envAndLabels } from './env-and-labels.ts';
import { heredocs } from './heredocs.ts';
import { ignoreFiles } from './ignore-files.ts';
import { otherFields } from './other-fields.ts';
import { runMounts } from './run-mounts.ts';
import { runProcesses } from './run-processes.ts';
import { stages } from './stages.ts';
import { syntax } from './syntax.ts';
import { workingDirectory } from './working-directory.ts';

/** All cases; their names differ. */
export const cases: ConformanceCases = [
  ...copyPaths,
  ...copyWildcards,
  ...copySymlinks,
  ...copyAttributes,
  ...copyFlags,
  ...copyFromStages,
  ...addArchives,
  ...ignoreFiles,
  ...envAndLabels,
  ...commands,
  ...otherFields,
  ...workingDirectory,
  ...buildArguments,
  ...stages,
  ...runProcesses,
  ...runMounts,
  ...heredocs,
  ...syntax,
];
