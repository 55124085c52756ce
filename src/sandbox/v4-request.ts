// API v4: a request as a route gets it, and the rules of bodies: calls, leads and notes.

import { isObject } from '../core/json.js';
import type { ApiRequest } from './api.js';
import type { RequestFaults } from './fault-plan.js';
import type { KnownNumbers } from './known-numbers.js';
import type { Settings } from './options.js';
import type { EntityType, Notes } from './v4-notes.js';

/** What a route works with. */
export interface V4Context {
  readonly request: ApiRequest;
  /** The body as JSON; undefined for none, or for a broken one. */
  readonly body: unknown;
  readonly settings: Settings;
  readonly faults: RequestFaults;
  readonly notes: Notes;
  readonly isKnown: KnownNumbers;
  /** Of its path: the type of an entity, its id, and that of a note; NaN where there is none. */
  readonly type: EntityType;
  readonly entity: number;
  readonly note: number;
}

/** One error of a call in an answer with `validation-errors`. */
export interface ValidationError {
  readonly code: string;
  readonly path: string;
  readonly detail: string;
}

/** What the fields of an object may be; `type` is in words: `string`. */
type Rules = Readonly<
  Record<
    string,
    {
      readonly required?: true;
      readonly is: (value: unknown) => boolean;
      readonly type: string;
      readonly choices?: readonly unknown[];
    }
  >
>;

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const text = { is: isText, type: 'string' };
const whole = { is: isWhole, type: 'int' };
const requestId = { is: (value: unknown) => isText(value) || isWhole(value), type: 'string' };

/** The fields of POST /api/v4/calls, from the vendor's page; fields that it does not name are let through. */
export const callRules: Rules = {
  direction: { required: true, is: isText, type: 'string', choices: ['inbound', 'outbound'] },
  duration: { required: true, is: isWhole, type: 'int' },
  source: { required: true, is: isText, type: 'string' },
  phone: { required: true, is: (value) => isText(value) && /\d/.test(String(value)), type: 'phone number' },
  uniq: text,
  link: text,
  call_result: text,
  call_status: { is: isWhole, type: 'int', choices: [1, 2, 3, 4, 5, 6, 7] },
  call_responsible: { is: (value) => isText(value) || isWhole(value), type: 'string or int' },
  responsible_user_id: whole,
  created_by: whole,
  updated_by: whole,
  created_at: whole,
  updated_at: whole,
  request_id: requestId,
};

/** The fields of POST /api/v4/leads/unsorted/sip; `metadata` has rules of its own. */
export const leadRules: Rules = {
  source_uid: { required: true, is: isText, type: 'string' },
  source_name: { required: true, is: isText, type: 'string' },
  metadata: { required: true, is: isObject, type: 'object' },
  pipeline_id: whole,
  created_at: whole,
  request_id: requestId,
};

export const leadMetadataRules: Rules = {
  phone: { required: true, is: (value) => isText(value) || isWhole(value), type: 'string' },
  called_at: { required: true, is: isWhole, type: 'int' },
  duration: { required: true, is: isWhole, type: 'int' },
  service_code: { required: true, is: isText, type: 'string' },
  link: text,
  uniq: text,
};

/** The fields of a note that is edited. */
export const noteRules: Rules = {
  note_type: { is: isText, type: 'string', choices: ['call_in', 'call_out'] },
  params: { required: true, is: isObject, type: 'object' },
};

/**
 * What is wrong with an object, in the codes and words of the validator behind API v4 as far as they are known.
 *
 * @param prefix of the paths: `metadata.`
 */
export function validate(value: unknown, rules: Rules, prefix = ''): readonly ValidationError[] {
  if (!isObject(value)) {
    return [{ code: 'InvalidType', path: prefix, detail: 'This value should be of type object.' }];
  }
  return Object.entries(rules).flatMap(([field, rule]) => {
    const path = `${prefix}${field}`;
    const given = value[field];
    if (given === undefined) {
      return rule.required ? [{ code: 'FieldMissing', path, detail: 'This field is missing.' }] : [];
    }
    if (!rule.is(given)) {
      return [{ code: 'InvalidType', path, detail: `This value should be of type ${rule.type}.` }];
    }
    return rule.choices?.includes(given) === false
      ? [{ code: 'NotSupportedChoice', path, detail: 'The value you selected is not a valid choice.' }]
      : [];
  });
}

/** The elements of a body that is a list; any other body has none. */
export function listOf(body: unknown): readonly unknown[] {
  return Array.isArray(body) ? body : [];
}
