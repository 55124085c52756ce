// The server that everyone sends to, in a process of its own: it takes every call and checks nothing.
// usage: node server.mjs [latency in ms]
import { createPlainServer } from './plain-server.mjs';

const [latency = '0'] = process.argv.slice(2);
const { facts, queued } = await createPlainServer(Number(latency));
process.send(facts);
process.on('message', () => process.send({ queued: queued() }));
process.on('disconnect', () => process.exit());
