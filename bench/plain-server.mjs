// A server that says yes to every uuid and checks nothing: as little work as an answer can take.
import { createServer } from 'node:http';

const key = '%5Buuid%5D=';

function uuidsOf(body) {
  const uuids = [];
  for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at)) {
    const end = body.indexOf('&', at);
    const text = body.slice(at + key.length, end < 0 ? undefined : end);
    uuids.push(text.includes('%') ? decodeURIComponent(text) : text);
    at += key.length;
  }
  return uuids;
}

/** elasticdump sends NDJSON to /_bulk, a line for the action and one for the record, and asks what it talks to. */
function elastic(url, body) {
  if (!url.startsWith('/_bulk') && !url.includes('/_bulk')) {
    return { calls: 0, answer: { version: { number: '7.17.0' }, tagline: 'You Know, for Search' } };
  }
  const calls = Math.floor((body.split('\n').length - 1) / 2);
  const items = Array.from({ length: calls }, () => ({ index: { status: 201 } }));
  return { calls, answer: { took: 1, errors: false, items } };
}

function add(body) {
  const success = uuidsOf(body);
  return {
    calls: success.length,
    uuids: success,
    answer: { response: { calls: { add: { success, errors: [] } } } },
  };
}

/** API v4: every call becomes a note. */
function addV4(body) {
  const calls = JSON.parse(body).map(({ request_id }, index) => ({
    id: index + 1,
    entity_id: 1,
    entity_type: 'contact',
    request_id: request_id ?? String(index),
  }));
  return { calls: calls.length, answer: { _total_items: calls.length, errors: [], _embedded: { calls } } };
}

function answerTo(url, body) {
  if (url.startsWith('/api/calls/add/')) return add(body);
  return url === '/api/v4/calls' ? addV4(body) : elastic(url, body);
}

/** Starts it on a free port of loopback; `queued` counts the calls that it took, `onUuids` takes those of calls/add as they come. */
export function createPlainServer(latencyMs, onUuids = () => undefined) {
  let queued = 0;
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      const { calls, answer, uuids } = answerTo(request.url, body);
      queued += calls;
      if (uuids !== undefined) onUuids(uuids);
      const text = JSON.stringify(answer);
      const end = () => {
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        });
        response.end(text);
      };
      if (latencyMs > 0) setTimeout(end, latencyMs);
      else end();
    });
  });
  server.keepAliveTimeout = 75_000;
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}`;
      resolve({
        facts: { url, code: 'bench', key: '0123456789abcdef', account: '1000', token: 'bench' },
        queued: () => queued,
        close() {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}
