// The table of commands: help text, arguments, examples, loader.

import type { CommandEntry } from '../session/command.js';
import type { CommandName } from '../settings/setting.js';

/** The table of commands. To add one: an entry here, its name in src/settings/setting.ts, its file beside this one. */
export const commands: Readonly<Record<CommandName, CommandEntry>> = {
  add: {
    summary: 'send one call given by flags',
    description: 'Sends one call given by flags.',
    examples: [
      ['a missed call, just now', 'amocalls add --caller 74950000001 --to 101 --type inbound --billsec 0'],
      [
        'an outbound call with its recording; typed twice, it is the same call',
        'amocalls add --uuid 1504525166.228 --caller 101 --to 74950000001 --date 2024-11-20T10:15:00+03:00 --type outbound --billsec 98 --link https://pbx.example/rec/228.mp3',
      ],
    ],
    load: async () => (await import('./add.js')).add,
  },
  import: {
    summary: 'send the calls of CSV, JSON, NDJSON or Excel (.xlsx) files',
    description:
      'Sends the calls of CSV, JSON, NDJSON or Excel (.xlsx) files. Each call is sent once: accepted calls are recorded in the ledger, so you can run the same command as often as you like.',
    arguments: [['<file...>', 'files to read; - is standard input']],
    examples: [
      ['practise first: nothing leaves this machine', 'amocalls import calls.csv --sandbox'],
      [
        'columns with other names',
        'amocalls import calls.csv --map caller=From --map to=To --timezone Europe/Moscow',
      ],
      [
        'write what was not accepted to a file, to be fixed',
        'amocalls import calls.csv --rejects fix-me.csv',
      ],
      [
        'from cron, every minute',
        'amocalls import /var/log/asterisk/cdr-csv/Master.csv --profile main --unattended',
      ],
      ['from another program', 'export-calls | amocalls import - --format ndjson --output ndjson'],
    ],
    load: async () => (await import('./import.js')).importFiles,
  },
  check: {
    summary: 'read and check files like import, send nothing',
    description:
      'Reads and checks files as import does, shows what would be sent, and sends nothing. Works without credentials.',
    arguments: [['<file...>', 'files to read; - is standard input']],
    examples: [
      ['what is this file?', 'amocalls check calls.csv'],
      ['all results, for another program', 'amocalls check calls.csv --output ndjson'],
    ],
    load: async () => (await import('./check.js')).check,
  },
  follow: {
    summary: 'send the calls of growing files as they end, until stopped',
    description:
      'Follows files that a phone system writes and sends each call when it is over, until stopped. Made for systemd on the PBX itself. Rotation, restarts and outages of the service lose no call and send none twice.',
    arguments: [
      ['<file...>', 'files to follow: a name, a pattern such as cdr-%Y%m%d.csv, or - for standard input'],
    ],
    examples: [
      [
        'the log of an Asterisk',
        'amocalls follow /var/log/asterisk/cdr-csv/Master.csv --preset asterisk --timezone UTC',
      ],
      ['practise: append lines to the file and watch', 'amocalls follow calls.csv --sandbox --settle 0'],
      ['lines of another program', 'tail -F calls.ndjson | amocalls follow - --format ndjson'],
    ],
    load: async () => (await import('./follow.js')).follow,
  },
  history: {
    summary: 'show the last runs, or what became of calls',
    words: ['forget', 'resume', 'export', 'import'],
    description:
      'Shows what the ledger knows: the last runs with their counts, or what became of the given uuids. "history forget --before <date>" removes calls that were sent before a date, except unconfirmed and waiting ones. "history resume" ends a pause that the service asked for. "history export" and "history import <file>" copy all of it to another ledger.',
    arguments: [['[uuid...]', 'uuids to look up; without any, the last runs are shown']],
    examples: [
      ['the last runs', 'amocalls history'],
      ['what became of a call?', 'amocalls history 1504525166.228'],
      ['calls that were sent but not confirmed', 'amocalls history --unconfirmed'],
      ['forget what is older than a year', 'amocalls history forget --before 2023-11-01'],
      ['end a pause that the service asked for', 'amocalls history resume'],
    ],
    load: async () => (await import('./history/history.js')).history,
  },
  users: {
    summary: 'list the users of the account (API v4)',
    description:
      'Lists the users of the account with their ids. With --output yaml it prints a users: block for a profile, in which you fill in the extensions. Needs API v4.',
    examples: [
      ['who is in the account?', 'amocalls users --api v4'],
      ['a block for the profile', 'amocalls users --api v4 --output yaml'],
    ],
    load: async () => (await import('./users.js')).users,
  },
  resolve: {
    summary: 'look for unconfirmed calls in amoCRM (API v4)',
    description:
      'Looks for the unconfirmed calls of the ledger among the notes of calls in the account, and records those that it finds as accepted. Nothing is sent. Needs API v4.',
    examples: [['after a run whose answers were lost', 'amocalls resolve --profile main']],
    load: async () => (await import('./resolve.js')).resolve,
  },
  presets: {
    summary: 'list the known phone systems, and how to export from each',
    words: 'presets',
    description:
      'Lists the phone systems whose files are known. With a name, explains one: how to export, and how its fields are read.',
    arguments: [['[name]', 'preset to explain']],
    examples: [
      ['which phone systems are known?', 'amocalls presets'],
      ['how do I export from FreePBX?', 'amocalls presets freepbx'],
    ],
    load: async () => (await import('./presets.js')).presets,
  },
  config: {
    summary: 'show every setting and where it comes from',
    description: 'Shows the value of every setting and where it comes from. The key is masked.',
    examples: [
      ['which profile is used here?', 'amocalls config'],
      ['another profile', 'amocalls config --profile second'],
    ],
    load: async () => (await import('./config.js')).config,
  },
  init: {
    summary: 'ask for what a profile needs, write it, check it',
    description:
      'Asks on a terminal for what a profile needs, writes the profile, and runs doctor. Only you can read the profile; the key or token is kept in a separate file.',
    examples: [
      ['the first profile', 'amocalls init'],
      ['in a file and under a name of your choice', 'amocalls init --config .amocallsrc --profile second'],
    ],
    load: async () => (await import('./init/init.js')).init,
  },
  doctor: {
    summary: 'check everything that a run depends on, send nothing',
    description:
      'Checks everything that a run depends on: profile, credentials, network, TLS, clocks, ledger. Sends no call. Exit code 3 means that there are problems.',
    examples: [
      ['is all well?', 'amocalls doctor'],
      ['only problems, for monitoring', 'amocalls doctor --quiet --profile main'],
    ],
    load: async () => (await import('./doctor/doctor.js')).doctor,
  },
  recordings: {
    summary: 'set up and check signed links to recordings',
    words: ['secret', 'nginx', 'check'],
    description:
      'Sets up signed links, by which the player of amoCRM plays recordings. "recordings secret" creates a secret, or adds a new one; "recordings nginx" prints the location block that serves recordings_root; "recordings check" requests a recording as the player does. Exit code 3 means that the player would fail, or that anybody can open the recording.',
    arguments: [
      ['<action>', 'secret, nginx or check'],
      ['[link|file]', 'for secret: the file to create; for check: a link, or the file of a recording'],
    ],
    examples: [
      ['1. create the secret', 'amocalls recordings secret /etc/amocalls/link.secret'],
      [
        '2. write the block for nginx, with the secret in it',
        'amocalls recordings nginx --write /etc/nginx/amocalls-recordings.conf',
      ],
      ['3. does the newest recording play?', 'amocalls recordings check'],
      [
        'check one recording and its length',
        'amocalls recordings check /var/spool/asterisk/monitor/2024/11/03/call.mp3 --billsec 63',
      ],
    ],
    load: async () => (await import('./recordings.js')).recordings,
  },
  sandbox: {
    summary: 'run a local server that behaves like amoCRM, for practice and tests',
    description:
      'Starts a server on this machine that behaves like the service, with faults on request, until Ctrl-C. GET /calls shows what it accepted.',
    examples: [
      ['a service without faults', 'amocalls sandbox --port 8080'],
      [
        'API v4; no contact has numbers that begin with 7499',
        "amocalls sandbox --api v4 --unknown-number '^7499'",
      ],
      ['one in twenty requests fails', 'amocalls sandbox --port 8080 --fault 503=0.05 --seed 7'],
    ],
    load: async () => (await import('./sandbox.js')).sandbox,
  },
  completion: {
    summary: 'print a completion script for bash, zsh, fish or powershell',
    words: ['bash', 'zsh', 'fish', 'powershell'],
    description: 'Prints a completion script for a shell.',
    arguments: [['<shell>', 'bash, zsh, fish or powershell']],
    takesMore: true,
    examples: [
      ['for bash', 'amocalls completion bash > ~/.local/share/bash-completion/completions/amocalls'],
      ['for zsh', 'amocalls completion zsh > ~/.zsh/completions/_amocalls'],
    ],
    load: async () => (await import('./completion.js')).completion,
  },
  licenses: {
    summary: 'print the licences of amocalls and its packages',
    description: 'Prints the full licences of amocalls and of the packages in it.',
    examples: [['page by page', 'amocalls licenses | less']],
    load: async () => (await import('./licenses.js')).licenses,
  },
};
