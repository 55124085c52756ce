import { version as packaged } from '../package.json';

/** The version in package.json, put here when the program is built. */
export const version: string = packaged;
