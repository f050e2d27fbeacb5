/** For who tells of builds without a kernel. */
export { Reporters } from './reporters.ts';
