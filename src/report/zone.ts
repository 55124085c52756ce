/** Quarters of an hour that are remembered: more than a year. */
const mostKnown = 50_000;

/**
 * Seconds that a zone is ahead of UTC, by unix time in seconds.
 *
 * @param zone an IANA name, or an offset such as +03:00
 */
export function zoneOffsets(zone: string): (seconds: number) => number {
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const seconds = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -60 : 60);
    return () => seconds;
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const known = new Map<number, number>();
  return (seconds) => {
    // No zone changes its clock within a quarter of an hour that begins at :00, :15, :30 or :45.
    const quarter = Math.floor(seconds / 900);
    let offset = known.get(quarter);
    if (offset === undefined) {
      offset = offsetAt(format, quarter * 900);
      if (known.size >= mostKnown) known.clear();
      known.set(quarter, offset);
    }
    return offset;
  };
}

function offsetAt(format: Intl.DateTimeFormat, seconds: number): number {
  const parts = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local / 1000 - seconds;
}
