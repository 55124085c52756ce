// Preloaded into the program: its clock is six minutes ahead, as if the run had been started that much later.
const real = Date.now.bind(Date);
Date.now = () => real() + 6 * 60_000;
