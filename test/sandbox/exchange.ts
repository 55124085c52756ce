import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.js';

/** What a client sees of an exchange; status 0 and a code where there was no answer. */
export interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The system's error code where the connection broke. */
  readonly broken?: string;
}

/** 2024-01-01 12:00 UTC. */
export const noon = 1_704_110_400_000;

const open: Sandbox[] = [];

/** Starts a sandbox with a fixed clock and seed; `closeAll` ends it. */
export async function start(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ now: () => noon, ...options });
  open.push(sandbox);
  return sandbox;
}

export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((sandbox) => sandbox.close()));
}

type Fields = Readonly<Record<string, string | number | undefined>>;

/** A good call, changed as wanted; undefined takes a field away. */
export function call(uuid: string, changes: Fields = {}): Fields {
  return {
    uuid,
    caller: '101',
    to: '74950000101',
    date: noon / 1000 - 60,
    type: 'inbound',
    billsec: 5,
    ...changes,
  };
}

export function form(calls: readonly Fields[]): string {
  return calls
    .flatMap((fields, index) =>
      Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(
          ([name, value]) => `request%5Badd%5D%5B${index}%5D%5B${name}%5D=${encodeURIComponent(value ?? '')}`,
        ),
    )
    .join('&');
}

export interface Extra {
  readonly query?: string;
  readonly contentType?: string;
  readonly authorization?: string;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** Posts a body to calls/add with the right credentials, unless told otherwise. */
export function post(sandbox: Sandbox, body: string | readonly Fields[], extra: Extra = {}): Promise<Seen> {
  const { code, key, accountId } = sandbox.credentials;
  const query = extra.query ?? `code=${code}&key=${key}&account_id=${accountId}`;
  return send(sandbox, `POST /api/calls/add/?${query}`, typeof body === 'string' ? body : form(body), extra);
}

/** Sends any request: `GET /calls`. */
export function send(sandbox: Sandbox, what: string, body = '', extra: Extra = {}): Promise<Seen> {
  const [method = 'GET', path = '/'] = what.split(' ');
  return new Promise((resolve) => {
    const options = {
      method,
      agent: extra.agent ?? new Agent(),
      headers: {
        'content-type': extra.contentType ?? 'application/x-www-form-urlencoded',
        'user-agent': 'test/1',
        ...(extra.authorization === undefined ? {} : { authorization: extra.authorization }),
      },
      ...(extra.signal === undefined ? {} : { signal: extra.signal }),
    };
    const request = httpRequest(`${sandbox.url}${path}`, options, (response) => {
      let text = '';
      const seen = () => ({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(seen()));
      response.on('error', (error: NodeJS.ErrnoException) =>
        resolve({ ...seen(), broken: error.code ?? 'ERROR' }),
      );
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ status: 0, headers: {}, body: '', broken: error.code ?? 'ERROR' }),
    );
    request.end(body);
  });
}

/** Sends a request to API v4 with the right token: `POST calls` and a body for JSON. */
export async function v4(
  sandbox: Sandbox,
  what: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly type: string | undefined; readonly body: unknown }> {
  const seen = await send(
    sandbox,
    what.replace(' ', ' /api/v4/'),
    body === undefined ? '' : JSON.stringify(body),
    {
      contentType: 'application/json',
      authorization: `Bearer ${sandbox.credentials.token}`,
    },
  );
  const isJson = seen.headers['content-type']?.includes('json') === true && seen.body !== '';
  return {
    status: seen.status,
    type: seen.headers['content-type'],
    body: isJson ? JSON.parse(seen.body) : seen.body,
  };
}

/** A valid call of API v4, changed as wanted; undefined takes a field away. */
export function v4Call(uniq: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    uniq,
    direction: 'inbound',
    duration: 5,
    source: 'PBX',
    phone: '74950000101',
    created_at: noon / 1000 - 60,
    ...changes,
  };
}

/** The two lists of an ordinary answer. */
export function lists(seen: Seen): unknown {
  return JSON.parse(seen.body).response.calls.add;
}
