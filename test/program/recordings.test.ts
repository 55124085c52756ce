import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { generate } from 'selfsigned';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { toolPath } from '../setup/tools.mjs';
import { eventually, follow } from './following.js';
import { amocalls, apis, service, workdir } from './harness.js';

const nginx = toolPath('nginx') ?? '';
const chromiumPath = '/usr/bin/chromium';
const hasChromium = existsSync(chromiumPath);
if (!hasChromium) console.warn(`Recordings were not played in a browser: ${chromiumPath} is not installed.`);

/** Ten seconds of a tone, as a PBX writes it: WAV, 8,000 samples a second, 16 bits. */
function tone(seconds = 10): Buffer {
  const samples = 8000 * seconds;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(8000, 24);
  wav.writeUInt32LE(16_000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(samples * 2, 40);
  for (let at = 0; at < samples; at++) wav.writeInt16LE(Math.round(8000 * Math.sin(at / 3)), 44 + at * 2);
  return wav;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = addressOf(server.address());
  server.close();
  return port;
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address;
}

/** Starts nginx in a folder of its own, with a certificate of this run, and the block that the program wrote. */
async function startNginx(cwd: string, port: number): Promise<void> {
  const certificate = await generate([{ name: 'commonName', value: 'amocalls test' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  writeFileSync(path.join(cwd, 'ca.crt'), certificate.cert);
  writeFileSync(path.join(cwd, 'tls.key'), certificate.private, { mode: 0o600 });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${cwd}/${name};`,
  );
  writeFileSync(
    path.join(cwd, 'nginx.conf'),
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} pid ${cwd}/nginx.pid; error_log ${cwd}/error.log;
events {}
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${cwd}/ca.crt; ssl_certificate_key ${cwd}/tls.key;
    include ${cwd}/block.conf;
    location ~ \\.(mp3|wav)$ { return 418; }
  }
}`,
  );
  const child = spawn(nginx, ['-c', `${cwd}/nginx.conf`, '-p', cwd], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGQUIT');
    await once(child, 'exit');
  });
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
    await sleep(50);
  }
  throw new Error(`nginx did not start: ${readFileSync(path.join(cwd, 'error.log'), 'utf8')}`);
}

/** A folder with recordings that are whole, the secret, the block, and a CSV that names them. */
async function prepare(names: readonly string[]) {
  const cwd = workdir();
  const port = await freePort();
  const url = `https://localhost:${port}/rec/`;
  const long = new Date(Date.now() - 3_600_000);
  for (const name of names) {
    const file = path.join(cwd, 'monitor', name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, tone());
    utimesSync(file, long, long);
  }
  const rows = names.map(
    (name, at) => `r${at},7495000000${at},101,2024-11-03T10:00:00Z,inbound,10,"${name}"`,
  );
  writeFileSync(path.join(cwd, 'calls.csv'), `uuid,caller,to,date,type,billsec,file\n${rows.join('\n')}\n`);
  const place = ['--recordings-root', 'monitor', '--recordings-url', url];
  const flags = [...place, '--link-secret-file', 'link.secret'];
  expect(await amocalls(['recordings', 'secret', 'link.secret'], { cwd })).toMatchObject({ code: 0 });
  return { cwd, port, url, flags, secret: readFileSync(path.join(cwd, 'link.secret'), 'utf8').trim() };
}

describe('served by nginx', () => {
  needs('nginx');

  const names = ['2024/11/03/call.wav', 'a b#c%d+é/Ж?&=;.wav'];

  test.for(apis)('links of an import play, all others are refused (%s)', async (api) => {
    const { cwd, port, url, flags, secret } = await prepare(names);
    const written = await amocalls(['recordings', 'nginx', ...flags, '--write', 'block.conf'], { cwd });
    expect({ code: written.code, mode: statSync(path.join(cwd, 'block.conf')).mode & 0o777 }).toEqual({
      code: 0,
      mode: 0o600,
    });
    await startNginx(cwd, port);
    const { sandbox, env } = await service({ api });
    const map = ['--map', `link=${url}{+file}`, '--rate', '0', '--ledger', 'l.db'];
    const run = await amocalls(['import', 'calls.csv', ...flags, ...map], { cwd, env });
    expect(run).toMatchObject({ code: 0 });
    const links = sandbox.calls().map(({ link }) => link ?? '');
    expect(links.map((link) => /\?md5=[\w-]{22}&expires=253402300799&k=1$/.test(link))).toEqual([true, true]);
    const trusting = { NODE_EXTRA_CA_CERTS: path.join(cwd, 'ca.crt') };
    for (const link of links) {
      const checked = await amocalls(
        ['recordings', 'check', link, ...flags, '--billsec', '10', '--output', 'json'],
        { cwd, env: trusting },
      );
      const found = JSON.parse(checked.stdout).checks.map(
        ({ check, status }: { check: string; status: string }) => `${check}: ${status}`,
      );
      expect(checked.code).toBe(0);
      expect(found).toEqual([
        'link: ok',
        'address: warning',
        'answer: ok',
        'type: warning',
        'ranges: ok',
        'length: ok',
        'without a signature: ok',
        'with a changed signature: ok',
        'with an expired signature: ok',
      ]);
      expect(checked.stdout + checked.stderr).not.toContain(secret);
    }
    // What was sent is known without its signature: a second run with another expiry changes nothing.
    const again = await amocalls(
      ['import', 'calls.csv', ...flags, ...map, '--link-expires', '1d', '--output', 'ndjson'],
      { cwd, env },
    );
    expect(JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      summary: { duplicate: 2, changed: 0 },
    });
    expect(readFileSync(path.join(cwd, 'l.db'))).not.toContain(secret);
    await expectToPlay(links);
  });

  test('a new secret signs, links of the old one still play, until its line is "-"', async () => {
    const { cwd, port, url, flags } = await prepare(names.slice(0, 1));
    const linkWith = async () => {
      const { sandbox, env } = await service();
      await amocalls(
        ['import', 'calls.csv', ...flags, '--map', `link=${url}{+file}`, '--rate', '0', '--no-ledger'],
        { cwd, env },
      );
      return sandbox.calls()[0]?.link ?? '';
    };
    const write = () => amocalls(['recordings', 'nginx', ...flags, '--write', 'block.conf'], { cwd });
    const old = await linkWith();
    expect(await amocalls(['recordings', 'secret', 'link.secret'], { cwd })).toMatchObject({ code: 0 });
    const next = await linkWith();
    expect([old, next].map((link) => link.slice(-4))).toEqual(['&k=1', '&k=2']);
    await write();
    await startNginx(cwd, port);
    const statusOf = async (link: string) => {
      const { stdout } = await amocalls(['recordings', 'check', link, '--output', 'json'], {
        cwd,
        env: { NODE_EXTRA_CA_CERTS: path.join(cwd, 'ca.crt') },
      });
      return JSON.parse(stdout).checks.find(({ check }: { check: string }) => check === 'answer').says;
    };
    expect(
      await Promise.all([old, next, next.replace('k=2', 'k=3'), next.replace('&k=2', '')].map(statusOf)),
    ).toEqual(['206', '206', '403', '403']);
    const file = path.join(cwd, 'link.secret');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*\n/, '-\n'));
    await write();
    process.kill(Number(readFileSync(path.join(cwd, 'nginx.pid'), 'utf8')), 'SIGHUP');
    await expect.poll(() => statusOf(old), { timeout: 10_000 }).toBe('403');
    expect(await statusOf(next)).toBe('206');
  });
});

/** Opens links in Chromium's audio element: each plays, and can be entered in the middle. */
async function expectToPlay(links: readonly string[]): Promise<void> {
  if (!hasChromium) return;
  const { LD_PRELOAD: _clock, ...env } = process.env;
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--ignore-certificate-errors',
      '--autoplay-policy=no-user-gesture-required',
    ],
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    timeout: 60_000,
  });
  try {
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    for (const link of links) {
      const played = await page.evaluate(`new Promise((resolve) => {
        const audio = new Audio(${JSON.stringify(link)});
        audio.muted = true;
        audio.onerror = () => resolve('error ' + audio.error.message);
        audio.onloadedmetadata = () => { audio.currentTime = 7; audio.play(); };
        audio.ontimeupdate = () => audio.currentTime > 7.1 && resolve(Math.round(audio.duration));
      })`);
      expect(played).toBe(10);
    }
  } finally {
    await browser.close();
  }
}

describe('only what is there', () => {
  test('a call whose recording is not there goes without a link, one that may still come waits', async () => {
    const { cwd, url, flags } = await prepare(['a.wav']);
    const now = Math.floor(Date.now() / 1000);
    writeFileSync(path.join(cwd, 'monitor', 'empty.wav'), '');
    const header = 'uuid,caller,to,date,type,billsec,file\n';
    const row = (uuid: string, date: number, file: string) =>
      `${uuid},74950000001,101,${date},inbound,10,${file}\n`;
    writeFileSync(
      path.join(cwd, 'calls.csv'),
      header +
        row('there', now - 9000, 'a.wav') +
        row('old', now - 9000, 'gone.wav') +
        row('late', now - 60, 'gone.wav') +
        row('empty', now - 60, 'empty.wav') +
        row('out', now - 9000, '../link.secret'),
    );
    const { sandbox, env } = await service();
    const run = await amocalls(
      [
        'import',
        'calls.csv',
        ...flags,
        '--map',
        `link=${url}{+file}`,
        '--link-wait',
        '10m',
        '--rate',
        '0',
        '--ledger',
        'l.db',
        '--output',
        'ndjson',
      ],
      { cwd, env },
    );
    expect(run.code).toBe(0);
    const links = Object.fromEntries(
      sandbox.calls().map(({ uuid, link }) => [uuid, link?.replace(/\?.*/, '')]),
    );
    expect(links).toEqual({ there: `${url}a.wav`, old: undefined, out: undefined });
    const waiting = run.stdout
      .split('\n')
      .filter((line) => line.includes('"waiting"') && line.includes('uuid'));
    expect(waiting.map((line) => JSON.parse(line).uuid)).toEqual(['late', 'empty']);
    expect(run.stderr).toContain(
      '1 call is sent without a link: the recording is not there (the first in line 3)',
    );
    expect(run.stderr).toContain('the recording is outside of recordings_root');
  });

  test('a link that stands in the file is not signed, nor one with --no-sign-links', async () => {
    const { cwd, url, flags } = await prepare(['a.wav']);
    writeFileSync(
      path.join(cwd, 'ready.csv'),
      'uuid,caller,to,date,type,billsec,link\nx,74950000001,101,2024-11-03T10:00:00Z,inbound,10,https://cloud.example/a.mp3\n',
    );
    const { sandbox, env } = await service();
    await amocalls(['import', 'ready.csv', ...flags, '--rate', '0', '--no-ledger'], { cwd, env });
    await amocalls(
      [
        'import',
        'calls.csv',
        ...flags,
        '--map',
        `link=${url}{+file}`,
        '--no-sign-links',
        '--rate',
        '0',
        '--no-ledger',
      ],
      { cwd, env },
    );
    expect(sandbox.calls().map(({ link }) => link)).toEqual(['https://cloud.example/a.mp3', `${url}a.wav`]);
  });
});

describe('what goes wrong', () => {
  test.for([
    [['recordings', 'nginx'], /recordings_root, recordings_url: missing/],
    [
      ['recordings', 'nginx', '--recordings-root', '.', '--recordings-url', 'https://h/rec/'],
      /link_secret_file: is missing/,
    ],
    [
      ['recordings', 'check', 'none.mp3', '--recordings-root', '.', '--recordings-url', 'https://h/rec/'],
      /no such file/,
    ],
    [
      ['recordings', 'check', '/etc/passwd', '--recordings-root', '.', '--recordings-url', 'https://h/rec/'],
      /outside of recordings_root/,
    ],
    [
      ['recordings', 'check', '--recordings-root', '.', '--recordings-url', 'https://h/rec/'],
      /holds no recording/,
    ],
    [['recordings', 'chekc'], /Did you mean "check"/],
    [['recordings', 'secret'], /file name is missing/],
    [['recordings', 'check', '--bogus'], /See: amocalls recordings --help/],
    [['recordings', 'secret', 'odd'], /has characters other than/],
  ] as const)('%j', async ([args, says]) => {
    const cwd = workdir({ odd: 'a "quoted" secret' });
    const { code, stderr } = await amocalls(args, { cwd });
    expect({ code, says: says.test(stderr), stderr }).toMatchObject({ code: 2, says: true });
  });

  test('a page in place of a recording, and one that is open to everybody', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/login.mp3')
        response.setHeader('content-type', 'text/html').end('<html>Log in</html>');
      else if (request.url === '/empty.mp3') response.setHeader('content-type', 'audio/mpeg').end();
      else response.setHeader('content-type', 'audio/mpeg').end('x'.repeat(5000));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${addressOf(server.address()).port}`;
    const cwd = workdir();
    const says = async (name: string) => {
      const { code, stdout } = await amocalls(['recordings', 'check', `${origin}/${name}`], { cwd });
      return { code, stdout };
    };
    expect(await says('login.mp3')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('a page, not a recording'),
    });
    expect(await says('empty.mp3')).toMatchObject({ code: 3, stdout: expect.stringContaining('0 bytes') });
    const open = await says('open.mp3');
    expect(open).toMatchObject({ code: 3, stdout: expect.stringContaining('Anybody who guesses a name') });
    expect(open.stdout).toContain('The player cannot seek');
    expect(open.stdout).toContain('http: a page served by https does not play it');
  });
});

test('follow sends a call when its recording is there, and without a link when it does not come', async () => {
  const { cwd, url, flags } = await prepare([]);
  mkdirSync(path.join(cwd, 'monitor'));
  const now = Math.floor(Date.now() / 1000);
  const row = (uuid: string, date: number) => `${uuid},74950000001,101,${date},inbound,1,${uuid}.wav\n`;
  writeFileSync(
    path.join(cwd, 'calls.csv'),
    `uuid,caller,to,date,type,billsec,file\n${row('never', now - 596)}`,
  );
  const { sandbox, env } = await service();
  const words = [
    'calls.csv',
    ...flags,
    '--map',
    `link=${url}{file}`,
    '--link-wait',
    '10m',
    '--ledger',
    'l.db',
  ];
  const running = follow(words, { cwd, env });
  await eventually(() => expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['never']));
  expect(sandbox.calls()[0]?.link).toBeUndefined();
  // From the first write that is told on, nobody looks at the log each second.
  appendFileSync(path.join(cwd, 'calls.csv'), row('late', now));
  await eventually(() => expect(running.stdout()).toContain('"waiting"'));
  const file = path.join(cwd, 'monitor', 'late.wav');
  writeFileSync(file, tone());
  utimesSync(file, now - 60, now - 60);
  await eventually(() => expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['never', 'late']));
  expect(sandbox.calls()[1]?.link).toMatch(/late\.wav\?md5=/);
  expect(await running.stop()).toMatchObject({ code: 143 });
}, 60_000);

test('follow with v4 and --correct sends at once, and puts the link into the note when the recording is there', async () => {
  const { cwd, url, flags } = await prepare([]);
  mkdirSync(path.join(cwd, 'monitor'));
  const now = Math.floor(Date.now() / 1000);
  writeFileSync(
    path.join(cwd, 'calls.csv'),
    `uuid,caller,to,date,type,billsec,file\nlate,74950000001,101,${now},inbound,1,late.wav\n`,
  );
  const { sandbox, env } = await service({ api: 'v4' });
  const words = [
    'calls.csv',
    ...flags,
    '--map',
    `link=${url}{file}`,
    '--link-wait',
    '10m',
    '--ledger',
    'l.db',
    '--correct',
  ];
  const running = follow(words, { cwd, env });
  await eventually(() => expect(sandbox.calls()).toHaveLength(1));
  expect(sandbox.calls()[0]?.link).toBeUndefined();
  const file = path.join(cwd, 'monitor', 'late.wav');
  writeFileSync(file, tone());
  utimesSync(file, now - 60, now - 60);
  await eventually(() => expect(running.stdout()).toContain('"via":"corrected"'));
  const patch = sandbox.requests().findLast(({ method }) => method === 'PATCH');
  expect(patch?.path).toContain('/notes');
  await running.stop();
}, 60_000);
