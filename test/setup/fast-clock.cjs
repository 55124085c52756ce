// Preloaded into the program: its clock runs sixty times as fast, and its sleeps are over as early.
const { syncBuiltinESMExports } = require('node:module');
const timers = require('node:timers/promises');

const factor = 60;
const real = Date.now.bind(Date);
const started = real();
Date.now = () => started + (real() - started) * factor;

const sleep = timers.setTimeout;
timers.setTimeout = (milliseconds, ...more) => sleep(milliseconds / factor, ...more);
syncBuiltinESMExports();
