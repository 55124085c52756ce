// Walks through a JSON document to its records.

import { Problem, UserError } from '../../core/errors.js';
import { isObject, jsonIn } from '../../core/json.js';
import type { Batch } from '../../core/row.js';
import { type TextSource, textOf } from '../encoding.js';
import { displayName } from '../errors.js';
import type { FieldsIn, InputOptions, OpenedFormat, RecordsAt } from '../format.js';
import { isCall } from './locate.js';
import { Flattener, isId, RecordMapper, readJson } from './records.js';
import {
  closeBrace,
  closeBracket,
  closeParenthesis,
  colon,
  jsonpStart,
  openBrace,
  openBracket,
  quote,
  Scanner,
  type Step,
  semicolon,
} from './scanner.js';

/** Opens a JSON file whose records stand at a known place: in a list, in one object, in objects one after the other. */
export function openDocument(
  input: TextSource,
  records: RecordsAt,
  { unfold, fieldsIn = () => 0 }: Pick<InputOptions, 'unfold' | 'fieldsIn'>,
): OpenedFormat {
  const flattener = new Flattener();
  const { file } = input.source;
  async function* read(): AsyncGenerator<Batch> {
    const scanner = new Scanner(file);
    const mapper = new RecordMapper(flattener, { file, records, unfold, note: input.note });
    const walk = new DocumentWalk({ scanner, mapper, records, fieldsIn });
    const steps = walk.documents();
    let stored = 0;
    for await (const block of textOf(input)) {
      stored = block.stored;
      scanner.grow(block.text);
      const { done } = steps.next();
      yield { rows: mapper.takeRows(), bytesRead: stored };
      // Behind a fault nothing can be read, and nothing is kept.
      if (done === true) break;
    }
    scanner.ended = true;
    steps.next();
    walk.end();
    yield { rows: mapper.takeRows(), bytesRead: stored };
  }
  return { format: 'json', columns: flattener.columns, read };
}

/** Where a walk is in a document. */
interface Place {
  /** The names that led there. */
  readonly here: readonly string[];
  /** Those that lead on to the records; undefined: it is not on the way to them. */
  readonly rest: readonly string[] | undefined;
  /** How many lists are around it. */
  readonly lists: number;
}

/** Objects that are not on the way to the records are looked into so far down. */
const deepest = 6;
/** Lists in lists are walked through so far down. */
const maxLists = 32;

/** What a list or an object begins with. */
interface Beginning {
  readonly name: string | undefined;
  readonly code: number;
  readonly value: unknown;
}

/** What a walk works with. */
interface Walk {
  readonly scanner: Scanner;
  readonly mapper: RecordMapper;
  readonly records: RecordsAt;
  readonly fieldsIn: FieldsIn;
}

/**
 * A walk through JSON documents, one after the other, to the records at a path: the elements of a list, the values of a
 * map keyed by id, else the object itself. It pauses where it needs more text, and keeps one record in memory.
 */
export class DocumentWalk {
  readonly #walk: Walk;
  /** Something in it was read as JSON: what is wrong later on is a row with a problem. */
  #isJson = false;
  #hasRecord = false;
  #firstError: UserError | undefined;

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  /** Throws UserError for a file without any record, where something in it is wrong, and for a `--path` that is not there. */
  end(): void {
    if (!this.#hasRecord && this.#firstError !== undefined) throw this.#firstError;
    this.#walk.mapper.end();
  }

  *documents(): Step<void> {
    const { scanner, records } = this.#walk;
    const top: Place = { here: [], rest: records.path, lists: 0 };
    yield* scanner.peek();
    const opening = jsonpStart.exec(scanner.text);
    if (opening !== null) scanner.index = opening[0].length;
    for (;;) {
      const code = yield* scanner.peek();
      if (code < 0) return;
      if (code === closeParenthesis || code === semicolon) {
        // The end of a callback.
        scanner.index++;
      } else if (code === openBracket || code === openBrace) {
        if (!(yield* this.#value(top))) return;
      } else {
        const line = scanner.line();
        const text = yield* scanner.restOfLine();
        this.#fault(line, `"${text.slice(0, 40)}" is neither an object nor a list`, text);
      }
    }
  }

  /** Reads the value at a place on the way to the records, or the records; false where reading cannot go on after it. */
  *#value(place: Place): Step<boolean> {
    const { scanner, mapper, records } = this.#walk;
    const code = yield* scanner.peek();
    if (code === openBracket) return yield* this.#list(place);
    if (code === openBrace && place.rest?.length !== 0) return yield* this.#members(place);
    if (code === openBrace) {
      // A page without calls may stand among others; a path that the user named is found with it.
      mapper.pathFound();
      return (yield* this.#isMapById()) ? yield* this.#members(place) : yield* this.#record(place);
    }
    const line = scanner.line();
    const text = yield* scanner.value();
    const inner = text === undefined ? undefined : jsonIn(readJson(text));
    if (text !== undefined && inner !== undefined) mapper.add(inner, { text, line, rest: place.rest ?? [] });
    else if (records.by !== 'asked' && text !== undefined) mapper.pathFound();
    return text !== undefined;
  }

  /** Whether the object that starts here has ids for names, each with an object, or other names, each with a call. */
  *#isMapById(): Step<boolean> {
    const { records, fieldsIn } = this.#walk;
    const mayHoldCalls = records.by === 'found';
    const { name, code, value } = yield* this.#beginning(mayHoldCalls);
    return (
      code === openBrace && name !== undefined && (isId(name) || (mayHoldCalls && isCall(value, fieldsIn)))
    );
  }

  /** Whether what a list in a list holds are lists or objects, and not the values of a row. */
  *#isListOfMore(lists: number): Step<boolean> {
    const { code } = yield* this.#beginning(false);
    return lists < maxLists && (code === openBracket || code === openBrace);
  }

  /** Whether a list in one of several parts of a document is one of calls: other tables stand beside theirs. */
  *#holdsCalls(): Step<boolean> {
    const { records, fieldsIn } = this.#walk;
    if (records.by !== 'found') return true;
    const { value } = yield* this.#beginning(true);
    return !isObject(value) || isCall(value, fieldsIn);
  }

  /**
   * Looks at what the list or object that starts here begins with: the name of its first member, the first character of its
   * first value, and that value, where it is an object and `isRead`.
   */
  *#beginning(isRead: boolean): Step<Beginning> {
    const { scanner } = this.#walk;
    const isMap = (yield* scanner.peek()) === openBrace;
    scanner.keep();
    scanner.index++;
    const name = isMap ? yield* this.#name() : undefined;
    const code = isMap && name === undefined ? -1 : yield* scanner.peek();
    const text = isRead && code === openBrace ? yield* scanner.value() : undefined;
    scanner.rewind();
    return { name, code, value: text === undefined ? undefined : readJson(text) };
  }

  /** Reads the name of a member and its colon; undefined where there is none. */
  *#name(): Step<string | undefined> {
    const { scanner } = this.#walk;
    const text = (yield* scanner.peek()) === quote ? yield* scanner.value() : undefined;
    const name = text === undefined ? undefined : readJson(text);
    if (typeof name !== 'string' || (yield* scanner.peek()) !== colon) return undefined;
    scanner.index++;
    return name;
  }

  /** Reads the members of an object: on the way to the records, or, where it is at the records, as a map of them. */
  *#members(place: Place): Step<boolean> {
    const { scanner, mapper } = this.#walk;
    const [next, ...rest] = place.rest ?? [];
    scanner.index++;
    for (;;) {
      const code = yield* scanner.peek();
      if (code === closeBrace) {
        scanner.index++;
        return true;
      }
      const name = yield* this.#name();
      if (name === undefined) {
        this.#fault(scanner.line(), 'what follows here cannot be read');
        return false;
      }
      if (place.here.length === 0) mapper.topName(name);
      const here = [...place.here, name];
      const isOn = name === next;
      const inner: Place = { here, rest: isOn ? rest : undefined, lists: place.lists };
      const isRecord = place.rest?.length === 0 && (yield* scanner.peek()) === openBrace;
      const isRead = isRecord ? this.#record(inner) : isOn ? this.#value(inner) : this.#pass(inner);
      if (!(yield* isRead)) return false;
    }
  }

  /** Goes past a value that is not on the way to the records, and counts the objects in its lists. */
  *#pass(place: Place): Step<boolean> {
    const { scanner, mapper } = this.#walk;
    const code = yield* scanner.peek();
    if (code === openBrace && place.here.length < deepest) return yield* this.#members(place);
    let passed = 0;
    const isWhole = yield* scanner.skip(() => {
      passed++;
    });
    mapper.passedOver(place.here.join('.'), passed);
    if (!isWhole) this.#fault(scanner.line(), 'the file ends in the middle of it');
    return isWhole;
  }

  /** Reads the elements of a list, which are records, or parts on the way to them. */
  *#list(place: Place): Step<boolean> {
    const { scanner, mapper } = this.#walk;
    const { rest, lists } = place;
    const isOfRecords = rest?.length === 0;
    const inner: Place = { ...place, lists: lists + 1 };
    this.#isJson = true;
    if (isOfRecords && lists > 0 && !(yield* this.#holdsCalls())) return yield* this.#pass(place);
    if (isOfRecords) mapper.pathFound();
    scanner.index++;
    for (;;) {
      const code = yield* scanner.peek();
      if (code === closeBracket) {
        scanner.index++;
        return true;
      }
      if (code < 0) {
        this.#fault(scanner.line(), 'the file ends before its list of records does');
        return false;
      }
      const isWay = code === openBracket ? yield* this.#isListOfMore(lists) : !isOfRecords;
      if (isWay ? !(yield* this.#value(inner)) : !(yield* this.#record(place))) return false;
    }
  }

  /** Reads one record. */
  *#record({ rest }: Place): Step<boolean> {
    const { scanner, mapper } = this.#walk;
    const line = scanner.line();
    const text = yield* scanner.value();
    if (text === undefined) {
      const what = this.#isJson ? 'this record' : 'it';
      this.#fault(line, `the file ends in the middle of ${what}`, scanner.takeRest());
      return false;
    }
    const value = readJson(text);
    if (value instanceof Problem && !this.#isJson) {
      this.#fault(line, value.text, text);
      return true;
    }
    this.#isJson = true;
    this.#hasRecord = true;
    mapper.add(value, { text, line, rest: rest ?? [] });
    return true;
  }

  /** The document is not valid JSON at this line; `text` is what cannot be read, where that is known. */
  #fault(line: number, reason: string, text?: string): void {
    const { scanner, mapper } = this.#walk;
    this.#firstError ??= new UserError(
      `${displayName(scanner.file)}, line ${line}: is not valid JSON: ${reason}`,
      {
        hint: 'The file may be truncated: export it again. If it is CSV, give --format csv; if it has one object per line, --format ndjson.',
      },
    );
    if (!this.#isJson) throw this.#firstError;
    mapper.addInvalid(line, `invalid JSON: ${reason}`, text);
  }
}
