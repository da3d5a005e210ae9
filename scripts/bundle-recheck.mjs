// After the build: the code of the pattern checker goes into the package, in the place of the file that requires it. As a
// dependency it would bring 52 MB of native programs for five platforms, none of which we call (docs/decisions/0002).
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const entry = require.resolve('recheck/lib/browser.js');
const home = dirname(dirname(entry));
const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const target = fileURLToPath(new URL('../dist/processors/recheck', import.meta.url));
for (const ending of ['.js.map', '.d.ts', '.d.ts.map']) rmSync(`${target}${ending}`, { force: true });
writeFileSync(`${target}.js`, `/*! recheck ${version}, licence in recheck.LICENSE */\n${readFileSync(entry, 'utf8')}`);
copyFileSync(join(home, 'LICENSE'), `${target}.LICENSE`);
