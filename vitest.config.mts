import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that run the built program, as a user would; all the others go through the front door of one room. */
const program = ['test/*.test.ts', 'test/program/**/*.test.ts'];

/** Those that take longest come first: one that comes last is waited for alone. */
const long = ['kill.campaign', 'chaos.campaign', 'together.campaign', 'follow', 'secrets', 'v4', 'postgres'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** `--mode campaigns`: the campaigns alone, at full size (test/setup/campaign.ts). Else all tests, each campaign as a small one. */
export default defineConfig(({ mode }) => {
  const isCampaign = mode === 'campaigns';
  const include = (files: readonly string[]) =>
    isCampaign ? files.map((file) => file.replace('*.test.ts', '*.campaign.test.ts')) : [...files];
  return {
    test: {
      reporters: ['default', './test/setup/reporter.ts'],
      testTimeout: 60_000,
      env: isCampaign ? { AMOCALLS_CAMPAIGNS: 'full' } : {},
      // Most tests wait for a program or a socket: one worker a core, where vitest would leave a core free.
      maxWorkers: '100%',
      // The files of a worker share its modules: no test changes what a module keeps, and loading all of them for each file
      // would cost a fifth of the whole.
      isolate: false,
      sequence: { sequencer: LongestFirst },
      projects: [
        {
          extends: true,
          test: { name: 'rooms', include: include(['test/*/**/*.test.ts']), exclude: program },
        },
        {
          extends: true,
          test: { name: 'program', include: include(program), globalSetup: './test/setup/build.ts' },
        },
      ],
    },
  };
});
