// Loads the files of dist out of the executable, each when it is asked for, as Node does from a disk.
const { posix } = require('node:path');
const { Script } = require('node:vm');

/**
 * Runs cli.js. One bundle would be read and compiled as a whole at every start, which takes 30 ms or more; so the
 * executable holds the same files as the npm package, each with the code that V8 made of it when the executable was built.
 *
 * @param {{ getAsset: (name: string, encoding: 'utf8') => string, getRawAsset: (name: string) => ArrayBuffer }} assets
 * `cli.js`, `chunks/….js`, and `….js.cache` beside each: node:sea, or a folder while the executable is built
 * @param {(name: string, script: Script) => void} [onLoad] hears of each file
 */
function start(assets, onLoad) {
  const modules = new Map();

  function load(name) {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    const script = compile(assets, name);
    onLoad?.(name, script);
    const folder = posix.dirname(name);
    const requireHere = (wanted) =>
      wanted.startsWith('.') ? load(posix.join(folder, wanted)) : require(wanted);
    script.runInThisContext()(module.exports, requireHere, module);
    return module.exports;
  }

  load('cli.js');
}

/** A file as a script whose value is the function that Node makes of a CommonJS module. */
function compile(assets, name) {
  const source = `(function (exports, require, module) {${assets.getAsset(name, 'utf8')}\n})`;
  const cachedData = new Uint8Array(assets.getRawAsset(`${name}.cache`));
  const script = new Script(source, { filename: `amocalls/${name}`, cachedData });
  // V8 has then compiled it anew, which is right, but slow. A test asks for this line, to see that it does not come.
  if (script.cachedDataRejected && process.env.NODE_DEBUG === 'amocalls')
    process.stderr.write(`code cache rejected: ${name}\n`);
  return script;
}

module.exports = { start, compile };
