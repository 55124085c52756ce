// The server that everyone sends to, in a process of its own: the stand-in of the package, or one that only answers.
// usage: node server.mjs sandbox|plain [latency in ms]
import { createRequire } from 'node:module';
import { createPlainServer } from './plain-server.mjs';

const { startSandbox } = createRequire(import.meta.url)('../dist/index.js');
const [kind, latency = '0'] = process.argv.slice(2);
const latencyMs = Number(latency);

async function sandbox() {
  const { url, credentials, totals } = await startSandbox({ now: Date.now, keep: 0, latencyMs });
  const { code, key, accountId: account } = credentials;
  return { facts: { url, code, key, account }, queued: () => totals().queued };
}

const { facts, queued } = await (kind === 'sandbox' ? sandbox() : createPlainServer(latencyMs));
process.send(facts);
process.on('message', () => process.send({ queued: queued() }));
process.on('disconnect', () => process.exit());
