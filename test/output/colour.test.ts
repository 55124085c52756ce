import { describe, expect, it } from 'vitest';
import { colourLevel, openStyle } from '../../src/output/colour.js';

describe('colourLevel', () => {
  it.each([
    ['a plain terminal', undefined, { TERM: 'xterm' }, true, 1],
    ['a terminal that says nothing', undefined, {}, true, 1],
    ['256 colours', undefined, { TERM: 'xterm-256color' }, true, 2],
    ['true colour', undefined, { TERM: 'xterm', COLORTERM: 'truecolor' }, true, 3],
    ['a dumb terminal', undefined, { TERM: 'dumb', COLORTERM: 'truecolor' }, true, 0],
    ['no terminal', undefined, { TERM: 'xterm', COLORTERM: 'truecolor' }, false, 0],
    ['NO_COLOR on a terminal', undefined, { NO_COLOR: '1', TERM: 'xterm' }, true, 0],
    ['an empty NO_COLOR, which is none', undefined, { NO_COLOR: '', TERM: 'xterm' }, true, 1],
    ['NO_COLOR over FORCE_COLOR', undefined, { NO_COLOR: '1', FORCE_COLOR: '3' }, true, 0],
    ['FORCE_COLOR in a pipe', undefined, { FORCE_COLOR: '1' }, false, 1],
    ['FORCE_COLOR=2', undefined, { FORCE_COLOR: '2', TERM: 'dumb' }, false, 2],
    ['FORCE_COLOR=3', undefined, { FORCE_COLOR: '3' }, false, 3],
    ['FORCE_COLOR=true', undefined, { FORCE_COLOR: 'true' }, false, 1],
    ['FORCE_COLOR=0 on a terminal', undefined, { FORCE_COLOR: '0', TERM: 'xterm' }, true, 0],
    ['an empty FORCE_COLOR, which is none', undefined, { FORCE_COLOR: '' }, false, 0],
    ['--color in a pipe, over NO_COLOR', true, { NO_COLOR: '1' }, false, 1],
    ['--color with a dumb terminal', true, { TERM: 'dumb' }, true, 1],
    ['--no-color over FORCE_COLOR', false, { FORCE_COLOR: '3', TERM: 'xterm' }, true, 0],
  ] as const)('decides for %s', (_, flag, env, isTTY, level) => {
    expect(colourLevel(flag, env, isTTY)).toBe(level);
  });
});

describe('openStyle', () => {
  it('marks nothing at level 0', async () => {
    const style = await openStyle(0);
    expect(style.red('a') + style.bold('b')).toBe('ab');
  });

  it('marks with the level that it is given, whatever the process thinks', async () => {
    const style = await openStyle(1);
    expect(style.red('a')).toBe('\u001B[31ma\u001B[39m');
  });
});
