// Preloaded into a process: writes the most memory that it ever held, in bytes, to the file that is named by the environment.
const { writeFileSync } = require('node:fs');

const file = process.env.AMOCALLS_BENCH_PEAK;
if (file) process.on('exit', () => writeFileSync(file, String(process.resourceUsage().maxRSS * 1024)));
