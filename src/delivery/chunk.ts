import type { Call } from '../core/call.js';
import type { CallEntry } from '../core/outcome.js';

/** How large one request may get. */
export interface ChunkLimits {
  /** Calls a request at most. */
  readonly calls: number;
}

/** Stock PHP keeps 1000 form variables and drops the rest with status 200. */
const mostVariables = 900;
/** nginx's default limit of a body. */
const mostBytes = 1024 * 1024;
/** The eight keys of a call, as they stand in a body, with a position of up to three digits. */
const keyBytes = 8 * 40;
/** A UTF-16 unit becomes at most three bytes, each written as %XX. */
const worstEncoding = 9;
/** So many half-filled chunks may wait for calls of their account. */
const mostOpen = 64;

interface OpenChunk {
  readonly entries: CallEntry[];
  variables: number;
  bytes: number;
}

/** Gathers calls into chunks: one account a chunk, cut by calls, form variables and bytes. */
export interface Chunker {
  /** Adds calls; gives the chunks that are full now. */
  readonly add: (entries: readonly CallEntry[]) => readonly (readonly CallEntry[])[];
  /** Gives what is left. */
  readonly flush: () => readonly (readonly CallEntry[])[];
}

/** Makes a chunker; what it gives keeps the order of the calls of each account. */
export function createChunker(limits: ChunkLimits): Chunker {
  const open = new Map<string, OpenChunk>();
  function put(entry: CallEntry, done: (readonly CallEntry[])[]): void {
    const { call } = entry;
    const variables = call.link === undefined ? 7 : 8;
    const bytes = largestSize(call);
    let chunk = open.get(call.account_id);
    if (chunk && (chunk.variables + variables > mostVariables || chunk.bytes + bytes > mostBytes)) {
      done.push(chunk.entries);
      chunk = undefined;
    }
    if (chunk === undefined) {
      open.delete(call.account_id);
      if (open.size >= mostOpen) done.push(...closeOldest(open));
      chunk = { entries: [], variables: 0, bytes: 0 };
      open.set(call.account_id, chunk);
    }
    chunk.entries.push(entry);
    chunk.variables += variables;
    chunk.bytes += bytes;
    if (chunk.entries.length < limits.calls) return;
    open.delete(call.account_id);
    done.push(chunk.entries);
  }
  return {
    add(entries) {
      const done: (readonly CallEntry[])[] = [];
      for (const entry of entries) put(entry, done);
      return done;
    },
    flush() {
      const rest = [...open.values()].map((chunk) => chunk.entries);
      open.clear();
      return rest;
    },
  };
}

function closeOldest(open: Map<string, OpenChunk>): readonly (readonly CallEntry[])[] {
  for (const [account, chunk] of open) {
    open.delete(account);
    return [chunk.entries];
  }
  return [];
}

/** An upper bound of the bytes of a call in a body: cheap, and exact enough to stay below the limit. */
function largestSize(call: Call): number {
  const text = call.uuid.length + (call.link?.length ?? 0) + call.account_id.length;
  return keyBytes + text * worstEncoding + call.caller.length + call.to.length + 30;
}
