// API v4: what a route is, and what it works with.

import type { Answer, ApiRequest } from './api.js';
import type { RequestFaults } from './faults.js';
import type { KnownNumbers } from './known-numbers.js';
import type { Settings } from './options.js';
import type { EntityType, Notes } from './v4-notes.js';

/** A route of API v4: a method and a path, and what answers them. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (context: V4Context, parts: PathParts) => Answer;
}

/** What a route works with. */
export interface V4Context {
  readonly request: ApiRequest;
  /** The body as JSON; undefined for none, or for a broken one. */
  readonly body: unknown;
  readonly settings: Settings;
  readonly faults: RequestFaults;
  readonly notes: Notes;
  readonly isKnown: KnownNumbers;
}

/** The parts of a path: the type of an entity, and ids. */
export interface PathParts {
  readonly type: EntityType;
  readonly entity: number | undefined;
  readonly note: number;
}
