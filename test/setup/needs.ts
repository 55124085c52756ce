import { beforeEach } from 'vitest';
import { type ToolName, toolPath, whyMissing } from './tools.mjs';

/**
 * Skips the tests of a suite, or of a file, where a program is not installed. The run says at its end which and how many, and
 * fails where nothing may be skipped (AMOCALLS_NO_SKIP, which CI sets).
 */
export function needs(...tools: readonly ToolName[]): void {
  beforeEach(({ skip }) => {
    for (const tool of tools) skip(toolPath(tool) === undefined, whyMissing(tool));
  });
}

/** Skips the tests of a suite, or of a file, where something else than a program is missing, with the reason. */
export function needsThat(isSo: boolean, reason: string): void {
  beforeEach(({ skip }) => skip(!isSo, reason));
}
