import { expect, it } from 'vitest';
import { needs } from '../setup/needs.js';
import { readText } from './harness.js';

const smdr = [
  '  Date     Time    Ext  CO        Dial Number        Ring Duration  Acc code  CD',
  '-'.repeat(80),
  "01/02/24 10:03AM  1200 01 <I>4950000001              5'15 00:00'00 .......... NA",
  "01/02/24 10:07AM  1200 01 <I>                        0'05 00:01'05 ..........",
  "01/02/24  1:07PM *123  01 84950000003                     00:12'05 98765",
  '',
].join('\n');

it.each([
  [
    'an SQL dump of phpMyAdmin',
    '-- phpMyAdmin SQL Dump\n-- Database: `pbx`\n\nINSERT INTO `cdr` (`src`) VALUES\n(1);\n',
    'an SQL dump',
    "mysql --batch -e 'SELECT * FROM cdr' pbx >cdr.tsv",
  ],
  [
    'one without the name of its database',
    "INSERT INTO `cdr` VALUES (1,'74950000001'),(2,'x');\n",
    'an SQL dump',
    "mysql --batch -e 'SELECT * FROM cdr' asteriskcdrdb >cdr.tsv",
  ],
  [
    'one of PostgreSQL',
    '-- PostgreSQL database dump\nCOPY public.xml_cdr (a, b) FROM stdin;\n1\t2\n\\.\n',
    'an SQL dump',
    "psql --csv -c 'SELECT * FROM xml_cdr' '<database>' >xml_cdr.csv",
  ],
  [
    'one of SQLite',
    'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE cdr_general (id INTEGER);\nINSERT INTO cdr_general VALUES(1);\n',
    'an SQL dump',
    "sqlite3 -header -csv '<file>.db' 'SELECT * FROM cdr_general' >cdr_general.csv",
  ],
  [
    'mysql --xml',
    '<?xml version="1.0"?>\n<resultset statement="SELECT src FROM cdr WHERE a &gt; 1">\n<row></row></resultset>\n',
    'XML of mysql',
    "mysql --batch -e 'SELECT src FROM cdr WHERE a > 1' asteriskcdrdb >calls.tsv",
  ],
  [
    'mysqldump --xml',
    '<?xml version="1.0"?>\n<mysqldump>\n<database name="pbx">\n<table_data name="cdr">\n</table_data>\n',
    'XML of mysqldump',
    "mysql --batch -e 'SELECT * FROM cdr' pbx >cdr.tsv",
  ],
  [
    'a workbook as XML',
    '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">\n',
    'an Excel workbook saved as XML',
    'save it as .xlsx',
  ],
  [
    'the XML of FreeSWITCH',
    '<?xml version="1.0"?>\n<cdr core-uuid="x" switchname="y">\n',
    'XML of FreeSWITCH',
    'mod_json_cdr',
  ],
  [
    'mysql \\G',
    '*************************** 1. row ***************************\ncalldate: 2024-05-23\n     src: 101\n',
    'vertical output of mysql',
    'mysql --batch',
  ],
  ['psql \\x', '-[ RECORD 1 ]-+----\nsrc           | 101\n', 'vertical output of psql', 'psql --csv'],
  [
    'sqlite3 .mode line',
    '      id = 1\n   start = 2024-09-18 13:38:22.530\n src_num = 101\n dst_num = 102\n     did = \n',
    'vertical output of sqlite3',
    'sqlite3 -header -csv',
  ],
  ['columns of a fixed width', smdr, 'text in columns of a fixed width', `awk '{ print substr($0,1,9) ";"`],
])('says what %s is, and the command that exports the same as a table', async (_, text, what, hint) => {
  for (const name of ['calls.txt', 'calls.csv'])
    await expect(readText(text, {}, name)).rejects.toMatchObject({
      message: expect.stringContaining(`: is ${what}`),
      hint: expect.stringContaining(hint),
    });
});

it.each([
  ['[["id","from"],["k1","101"]]'],
  ['{"columns":["id","from"],"rows":[["k1","101"]]}'],
  ['{"result":{"rows":[["k1","101"]],"fields":["id","from"]}}'],
])('gives the command that makes a table of the lists in %s', async (text) => {
  needs('jq');
  const { spawnSync } = await import('node:child_process');
  const error: unknown = await readText(text, {}, 'calls.json').catch((error: unknown) => error);
  expect(error).toMatchObject({ message: expect.stringContaining('is JSON whose records are lists') });
  const hint = error instanceof Error && 'hint' in error ? String(error.hint) : '';
  const program = /jq -r '(.*?)'/.exec(hint)?.[1] ?? '';
  const { stdout } = spawnSync('jq', ['-r', program], { input: text, encoding: 'utf8' });
  expect(stdout).toBe('"id","from"\n"k1","101"\n');
});

it('takes no table for one of these', async () => {
  for (const text of [
    'id,what\n1,INSERT\n2,CREATE TABLE\n',
    'id;name\n1;two  words  here 10:00\n2;a  b  c 11:00\n3;x  y 12:00\n',
    'id\tnote\n1\tINSERT INTO cdr (x)\n',
  ])
    expect((await readText(text)).rows.length).toBeGreaterThan(0);
});

it('makes an awk command that cuts the columns where they are', async () => {
  const { spawnSync } = await import('node:child_process');
  const error: unknown = await readText(smdr, {}, 'smdr.txt').catch((error: unknown) => error);
  const hint = error instanceof Error && 'hint' in error ? String(error.hint) : '';
  const program = /awk '(.*?)'/.exec(hint)?.[1] ?? '';
  const { stdout } = spawnSync('awk', [program], { input: smdr, encoding: 'utf8' });
  expect(
    stdout
      .split('\n')[2]
      ?.split(';')
      .map((cell) => cell.trim()),
  ).toEqual(['01/02/24', '10:03AM', '1200', '01', '<I>4950000001', "5'15", "00:00'00", '..........', 'NA']);
});
