/** Programs that tests use beyond npm, by the name of their file. */
export type ToolName =
  | 'chromium'
  | 'fish'
  | 'groff'
  | 'initdb'
  | 'jq'
  | 'libfaketime'
  | 'man'
  | 'mandoc'
  | 'nginx'
  | 'openssl'
  | 'pgbouncer'
  | 'python3'
  | 'strace'
  | 'strip'
  | 'systemd-analyze'
  | 'zsh';

/** The file of a tool; undefined where it is not installed. */
export declare function toolPath(name: ToolName): string | undefined;

/** What a test says that is skipped because a tool is not installed; the reporter counts by it. */
export declare function whyMissing(name: ToolName): string;
