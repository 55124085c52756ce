// The replay bound: posts bodies that were made before, with undici's Pool, and does nothing else.
// usage: node replay.mjs <url with query> <folder of bodies> <concurrency>; prints the milliseconds of posting.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';

const [address, folder, concurrency] = process.argv.slice(2);
const { origin, pathname, search } = new URL(address);
const bodies = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
const pool = new Pool(origin, { connections: Number(concurrency), pipelining: 1 });
const headers = { 'content-type': 'application/x-www-form-urlencoded' };

let next = 0;
async function post() {
  while (next < bodies.length) {
    const body = bodies[next++];
    const answer = await pool.request({ path: pathname + search, method: 'POST', headers, body });
    await answer.body.dump();
  }
}

const started = performance.now();
await Promise.all(Array.from({ length: Number(concurrency) }, post));
console.log(performance.now() - started);
await pool.destroy();
