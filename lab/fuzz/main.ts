import { runCommand } from '@sluice/command';
import { HELP, parse } from './arguments.js';
import { fuzz } from './fuzz.js';
import { report } from './report.js';
import { DECODERS } from './targets/decoders.js';
import { INCREMENTS } from './targets/increments.js';
import { REPLIES } from './targets/replies.js';
import { StoredData } from './targets/stored-data.js';
import { URLS } from './targets/urls.js';

process.exitCode = await runCommand({
  help: HELP,
  parse,
  async run(options, onProgress) {
    await using stored = await StoredData.open();
    const results = await fuzz(
      [...DECODERS, ...REPLIES, ...URLS, ...INCREMENTS, ...stored.targets],
      options,
      (result) => onProgress(`${result.name}: ${result.failure === undefined ? 'kept' : 'BROKEN'}`),
    );
    console.log(`\n${report(results)}`);
    return results.every(({ failure }) => failure === undefined) ? 0 : 1;
  },
});
