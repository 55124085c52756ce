// Why no test sees a mutant that is left, by the rule that it is in: what matches `what stands there → what it became`, and the reason.

const compiler = 'the compiler asks for it: what follows gives the same';
const work = 'it spares work: without it the result is the same';
const same = 'both give the same there';

export const words = 'words for people: the screens of the commands hold them';

/** Mutants without an entry are words for people, or were not thought about yet. */
export const survivors = {
  'src/core/display.ts': [[/^seconds < 0/, 'nothing is told before it gets there']],
  'src/core/json.ts': [[/^\{ return undefined; \}/, 'a function that ends gives undefined too']],
  'src/core/rate.ts': [[/^asked > state\.pausedUntil/, same]],
  'src/core/secrets.ts': [[/^clean\.includes/, work]],
  'src/core/suggest.ts': [[/^\[\] → /, 'it is read from the third row on, and then it is another list']],
  'src/core/ledger-address.ts': [[/^\/\^\(\[a-z\]/, 'what is no address went back before']],
  'src/core/summary.ts': [[/^corrected === 0/, 'a count of nothing is left out where it is printed']],
  'src/delivery/after.ts': [
    [/^silent\.length === 0|^moved\.length === 0/, work],
    [/^entry !== undefined|^failure\.kind === 'not received' → true/, compiler],
    [/^\[\] → /, 'a verdict of this kind always has its reasons'],
    [/^state !== 'waiting' → false/, 'only a call that waits can be late: the others have been settled'],
  ],
  'src/delivery/health.ts': [
    [/^longer === undefined|kind === 'not received'/, compiler],
    [/^health\.pause\.until|^\(pause\?\.until/, same],
    [/'note'|^\{ kind: 'note'/, words],
  ],
  'src/core/pause.ts': [[/\?\.removeEventListener/, compiler]],
  'src/settings/credentials.ts': [
    [/^typeof (where|ledger)|\?\.|^'' → |^\{ return false; \}/, compiler],
    [/canParse/, 'an address that cannot be read is refused when the ledger is opened'],
  ],
  'src/records/mapping.ts': [
    [/^(column|index|former|path|own) (=|!)== undefined|\?\.|^'' → |^\[\] → |^-1 → /, compiler],
    [
      /^'(call_status|call_result)'|^field === 'call_/,
      'no name is known for it, so that nothing is found either',
    ],
  ],
  'src/ledger/planner.ts': [
    [/^decision\.claim === 'ours'|^'ours' → /, 'a claim that is granted writes its own row instead'],
    [/^'' → /, compiler],
    [/^heartbeat < now/, 'a second in a day'],
  ],
  'src/records/zone-evidence.ts': [
    [/!== undefined → true|said !== null|\{ local: 0/, compiler],
    [/^recent\.length|one === said|^\(one\)/, work],
    [/epoch → /, 'the offset that follows is the same'],
    [/^Math\.abs\(lateness\)/, 'only a clock at an offset that no zone has is told by it'],
  ],
  'src/records/date-text.ts': [
    [
      /charCodeAt|pair\(|text\.length|mark ===|minutes > 59|fraction|widestOffset|^tens|^ones|^gap|^\(gap|isNaN\(local\)|at \+ 1/,
      'the quick way: what it does not read, the slow way reads alike',
    ],
    [/^day <= 31|^day > 28/, work],
    [/^'' → |^default/, compiler],
  ],
  'src/records/grouping.ts': [
    [/=== undefined → false|^only === undefined|typeof outside/, compiler],
    [/^other\.line < one\.line|^difference > 0|^one (<|>) other/, same],
  ],
  'src/records/contradictions.ts': [[/\?\.line/, compiler]],
  'src/records/directions.ts': [[/'inbound'|'outbound'/, work]],
  'src/records/open-calls.ts': [
    [/^this\.#putOff\.size|^now < this\.due|^call\.first|^this\.#count/, work],
    [/^at > call\.lastSign/, same],
    [/^last <=/, 'a row more or less in 5,000'],
    [/^inVain/, 'how soon it is looked again'],
  ],
  'src/destinations/v4/response.ts': [
    [/^status < 200/, '200 was asked for before'],
    [/^\[\] → |^'' → |\?\.list|^typeof id/, compiler],
  ],
};
