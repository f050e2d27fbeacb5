import { stripVTControlCharacters } from 'node:util';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from images, archives and registries without what a terminal would obey; line ends and tabs stay. */
export const visible = (text: string): string => stripVTControlCharacters(text).replace(CONTROLS, '');
