/** Tells whether a number (digits only) is an extension of the own phone system. */
export type InternalTest = (digits: string) => boolean;

/** The test that was asked for, else the usual one. */
export function internalOf({ internal }: { readonly internal?: InternalTest | undefined }): InternalTest {
  return internal ?? defaultInternal;
}

/** Two to five digits. */
export const defaultInternal: InternalTest = ({ length }) => length >= 2 && length <= 5;
