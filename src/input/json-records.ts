import { UserError } from '../core/errors.js';
import type { Row } from '../core/row.js';
import { dig, isObject, recordsIn } from './json-lists.js';
import { brokenRow, type Fields, parseJson } from './json-value.js';
import type { InputOptions } from './options.js';
import { nameOf } from './trouble.js';

/** Turns the texts of records into rows, and remembers whether `--path` led anywhere. */
export interface Records {
  /** The rows of one text, whose value may hold several records; `rest` is what of `--path` leads to them. */
  readonly of: (text: string, line: number, rest: readonly string[]) => readonly Row[];
  /** The same of a text that was parsed already. */
  readonly inside: (value: unknown, text: string, line: number, rest: readonly string[]) => readonly Row[];
  /** `--path` leads somewhere. */
  readonly reached: () => void;
  /** Hears of a name at the top of a document, where a path could start. */
  readonly name: (name: string) => void;
  /** Throws UserError where `--path` led nowhere. */
  readonly demandReached: () => void;
}

/** The parts of `--path`; undefined where none is given. */
export function pathOf({ path }: InputOptions): readonly string[] | undefined {
  const parts = path?.split('.').filter((part) => part !== '');
  return parts === undefined || parts.length === 0 ? undefined : parts;
}

/** A maker of rows for one pass over one file. */
export function recordsOf(file: string, fields: Fields, options: InputOptions): Records {
  const unfold = options.unfold ?? ((value: unknown) => [value]);
  const names = new Set<string>();
  let reached = pathOf(options) === undefined;

  function inside(value: unknown, text: string, line: number, rest: readonly string[]): readonly Row[] {
    const found = rest.length > 0 ? dig(value, rest) : [value];
    if (found.length > 0) reached = true;
    else if (isObject(value) && names.size === 0) for (const name of Object.keys(value)) names.add(name);
    const rows: Row[] = [];
    for (const inner of found)
      for (const one of recordsIn(inner))
        for (const record of unfold(one)) {
          const row = fields.row(record, line);
          rows.push(row.problem === undefined ? row : { ...row, text });
        }
    return rows;
  }

  return {
    inside,
    of: (text, line, rest) => {
      let value: unknown;
      try {
        value = parseJson(text);
      } catch (error) {
        const says = error instanceof Error ? error.message : String(error);
        return [brokenRow(line, `not JSON: ${says}`, text)];
      }
      return inside(value, text, line, rest);
    },
    reached: () => {
      reached = true;
    },
    name: (name) => names.add(name),
    demandReached: () => {
      if (reached) return;
      throw new UserError(`${nameOf(file)}: --path ${options.path} leads nowhere`, {
        hint: `Names at the top of it: ${[...names].slice(0, 10).join(', ') || 'none'}.`,
      });
    },
  };
}
