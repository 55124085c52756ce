// The name under which a file was found, as files and messages need it.

import path from 'node:path';

/** Where all files of a table are. */
export interface Place {
  /** Absolute. */
  readonly folder: string;
  /** As the user named it: a file, or a pattern. */
  readonly file: string;
  readonly isPattern: boolean;
}

/** The name under which a file was found, in the folder: the one that is followed, or one that a pattern stands for. */
export class FoundAs {
  readonly name: string;
  readonly #place: Place;

  constructor(name: string, place: Place) {
    this.name = name;
    this.#place = place;
  }

  get folder(): string {
    return this.#place.folder;
  }

  /** Absolute. */
  get main(): string {
    return path.join(this.#place.folder, this.name);
  }

  /** The same for messages. */
  get shown(): string {
    const { file, isPattern } = this.#place;
    return isPattern ? path.join(path.dirname(file), this.name) : file;
  }

  /** Whether batches say it, since the table has a pattern for a name. */
  get isMatch(): boolean {
    return this.#place.isPattern;
  }
}
