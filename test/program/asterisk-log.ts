/** A row of Asterisk's `Master.csv`, as cdr_csv writes it when a channel ends. */
export interface LogRow {
  readonly caller: string;
  readonly to: string;
  /** Of the channel that called: `Local/…;2` for a leg of a ring group. */
  readonly channel: string;
  readonly dstchannel: string;
  readonly context: string;
  readonly uniqueid: string;
  readonly linkedid: string;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Talk time in seconds; 0 where nobody answered. */
  readonly billsec: number;
}

/** The line of a row, its times in UTC. */
export function logLine(row: LogRow): string {
  const { caller, to, channel, dstchannel, context, uniqueid, linkedid, start, end, billsec } = row;
  const answer = billsec > 0 ? timeOf(end - billsec) : '';
  const quoted = (values: readonly (string | number)[]) => values.map((value) => `"${value}"`).join(',');
  const times = `"${timeOf(start)}",${answer === '' ? '' : `"${answer}"`},"${timeOf(end)}"`;
  const names = ['', caller, to, context, `<${caller}>`, channel, dstchannel, 'Dial', ''];
  const disposition = billsec > 0 ? 'ANSWERED' : 'NO ANSWER';
  const tail = quoted([disposition, 'DOCUMENTATION', uniqueid, '', '', linkedid]);
  return `${quoted(names)},${times},${end - start},${billsec},${tail},1\n`;
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * The rows of one call to a ring group in the order in which Asterisk writes them: the legs first, the root last, and
 * after it the leg that the call was transferred to.
 *
 * @param end when the call ends, in seconds since 1970
 */
export function ringGroup(
  number: number,
  end: number,
  { isTransferred = false }: { readonly isTransferred?: boolean } = {},
): readonly LogRow[] {
  const start = end - 37;
  const linkedid = `${start}.${number}0`;
  const caller = `7495${String(1_000_000 + number)}`;
  const local = (extension: number) =>
    `Local/${extension}@from-internal-${hex(number * 8 + (extension % 8))}`;
  const leg = (extension: number) => ({
    caller,
    linkedid,
    to: String(extension),
    context: 'from-internal',
    channel: `${local(extension)};2`,
    dstchannel: `PJSIP/${extension}-${hex(number)}`,
    uniqueid: `${start}.${number}${extension}`,
    start: start + 2,
  });
  const root = { caller, to: '600', context: 'ext-group', linkedid, uniqueid: linkedid };
  const channels = { channel: `PJSIP/trunk-${hex(number)}`, dstchannel: `${local(103)};1` };
  const rows = [
    { ...leg(101), end: start + 20, billsec: 0 },
    { ...leg(102), end: start + 20, billsec: 0 },
    { ...leg(103), end, billsec: 17 },
    { ...root, ...channels, start, end, billsec: 17 },
  ];
  return isTransferred ? [...rows, { ...leg(104), start: end - 5, end, billsec: 4 }] : rows;
}
