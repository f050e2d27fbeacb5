/** What may be shown of an address, or of a text that has some: credentials never. */
export const printablePlace = (text: string): string => text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/@\s]*@/gi, '$1');
