// The floor of `add`: one POST with Node's own client, whose body was made before.
// usage: node post.mjs <url with query> <body>
import { request } from 'node:http';

const [address, body] = process.argv.slice(2);
const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
request(address, { method: 'POST', headers }, (response) => response.resume()).end(body);
