// Preloaded into the program: its clock runs sixty times as fast, while it sleeps as long as ever.
const real = Date.now.bind(Date);
const started = real();
Date.now = () => started + (real() - started) * 60;
