import type { SourceRange } from '@varve/core';
import type { InstructionExtension } from '../language/extension.ts';
import { DOCKER, type Language } from '../language/language.ts';
import { didYouMean } from '../parser/suggest.ts';
import type { SyntaxNode } from '../parser/syntax-node.ts';
import { parseCmd, parseEntrypoint, parseRun, parseShell } from './commands.ts';
import { parseAdd, parseCopy } from './files.ts';
import { parseFrom } from './from.ts';
import { parseHealthcheck } from './healthcheck.ts';
import type { CustomInstruction, Instruction } from './instruction.ts';
import {
  parseArg,
  parseEnv,
  parseExpose,
  parseLabel,
  parseMaintainer,
  parseStopsignal,
  parseUser,
  parseVolume,
  parseWorkdir,
} from './metadata.ts';
import { parseOnbuild } from './onbuild.ts';
import { Request } from './request.ts';

const PARSERS: ReadonlyMap<string, (request: Request) => Instruction> = new Map(
  Object.entries({
    ADD: parseAdd,
    ARG: parseArg,
    CMD: parseCmd,
    COPY: parseCopy,
    ENTRYPOINT: parseEntrypoint,
    ENV: parseEnv,
    EXPOSE: parseExpose,
    FROM: parseFrom,
    HEALTHCHECK: parseHealthcheck,
    LABEL: parseLabel,
    MAINTAINER: parseMaintainer,
    ONBUILD: parseOnbuild,
    RUN: parseRun,
    SHELL: parseShell,
    STOPSIGNAL: parseStopsignal,
    USER: parseUser,
    VOLUME: parseVolume,
    WORKDIR: parseWorkdir,
  }),
);

/** Gives a node its type, with flags and arguments checked. @throws VarveError `FRONTEND_SYNTAX` with the place */
export function parseInstruction(node: SyntaxNode, source: SourceRange, language: Language = DOCKER): Instruction {
  const request = new Request(node, { source, language });
  const parse = PARSERS.get(node.cmd);
  if (parse !== undefined) return parse(request);
  const extension = language.instructions.get(node.cmd);
  if (extension !== undefined) return parseCustom(extension, request);
  const known = [...PARSERS.keys(), ...language.instructions.keys()];
  const hint = node.keyword === '' ? 'The line goes on, but nothing follows: take its last character out' : undefined;
  return request.fail(`unknown instruction: ${printable(node.keyword)}${didYouMean(node.keyword, known)}`, hint);
}

function parseCustom({ flags = {}, usage, whyWrong }: InstructionExtension, request: Request): CustomInstruction {
  const { cmd, args, json, heredocs } = request.node;
  const values = request.flags(flags);
  const instruction: CustomInstruction = { ...request.base('custom'), name: cmd, args, json, heredocs, values };
  const reason = whyWrong?.(instruction);
  return reason === undefined ? instruction : request.fail(reason, usage);
}

/** Of a file that is no Dockerfile at all, not more than a line can show. */
const printable = (keyword: string): string => keyword.replace(/\p{Cc}/gu, '?').replace(/^(.{60}).+$/u, '$1…');
