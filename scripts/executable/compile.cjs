// Keeps what V8 makes of the files of a folder: node compile.cjs <folder> [arguments of a run of amocalls]
const { existsSync, readFileSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');
const { compile, start } = require('./loader.cjs');

// V8 takes compiled code only where its flags are those under which it was compiled: here, none.
v8.setFlagsFromString = () => undefined;

const [folder, ...args] = process.argv.slice(2);
const cacheOf = (name) => join(folder, `${name}.cache`);
const assets = {
  getAsset: (name, encoding) => readFileSync(join(folder, name), encoding),
  getRawAsset: (name) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : Buffer.alloc(0),
};

if (args.length > 0) {
  // What this run or an earlier one has called is compiled in full.
  process.argv.splice(2, process.argv.length, ...args);
  const scripts = new Map();
  process.on('exit', () => {
    for (const [name, script] of scripts) writeFileSync(cacheOf(name), script.createCachedData());
  });
  start(assets, (name, script) => scripts.set(name, script));
} else {
  // The rest has at least been looked through, so that V8 knows where its functions are.
  for (const name of readdirSync(folder, { recursive: true })) {
    if (name.endsWith('.js') && !existsSync(cacheOf(name)))
      writeFileSync(cacheOf(name), compile(assets, name).createCachedData());
  }
}
