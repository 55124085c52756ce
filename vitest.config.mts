import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take longest come first: one that comes last is waited for alone. */
const long = [
  'pipeline/growing.campaign',
  'program/socket-fates',
  'program/postgres',
  'program/follow',
  'packaging/deb',
  'program/kill.campaign',
  'program/growing-logs',
  'program/follow-recipes',
  'input/follow',
  'program/together.campaign',
  'program/recordings',
  'program/report',
  'program/ledger',
  'delivery/chaos.campaign',
  'program/growing-histories.campaign',
  'program/answers',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** `--mode campaigns`: the campaigns alone, at full size (test/setup/campaign.ts). Else all tests, each campaign as a small one. */
export default defineConfig(({ mode }) => {
  const isCampaign = mode === 'campaigns';
  return {
    test: {
      include: [isCampaign ? 'test/**/*.campaign.test.ts' : 'test/**/*.test.ts'],
      globalSetup: ['./test/setup/build.ts', './test/setup/postgres-keeper.ts'],
      reporters: ['default', './test/setup/reporter.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
      env: { TZ: 'UTC', ...(isCampaign ? { AMOCALLS_CAMPAIGNS: 'full' } : {}) },
      // Half of the time a worker waits: for a program, a socket, a clock. Two of them keep a core busy.
      maxWorkers: 2 * availableParallelism(),
      // The files of a worker share its modules: no test changes what a module keeps, and loading all of them for each file
      // would cost a fifth of the whole.
      isolate: false,
      sequence: { sequencer: LongestFirst },
    },
  };
});
