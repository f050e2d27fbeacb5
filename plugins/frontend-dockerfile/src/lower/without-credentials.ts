/** What may be shown and kept of a text that has addresses in it: not who asks there, and with which password. */
export const withoutCredentials = (text: string): string =>
  text.includes('://') ? text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s'"]*@/gi, '$1') : text;
