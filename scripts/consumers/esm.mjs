// @ts-check
// An application of ES modules, as new Nest 12 applications are, with Vitest.
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvents, dev, root, run, useApplication } from '../packed/application.mjs';
import { BASICS, nest12, only } from './versions.mjs';

export const title = 'Nest 12, Express, ES modules, npm';

export const steps = {
  async 'an event of a request'({ folder, tarball }) {
    cpSync(join(root, 'scripts/matrix'), folder, { recursive: true });
    cpSync(join(folder, 'adapter.express.ts'), join(folder, 'src/adapter.ts'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest(tarball), undefined, 2));
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
    run(join(folder, 'node_modules/.bin/tsc'), ['-p', '.'], folder);
    checkEvents(await useApplication(process.execPath, join(folder, 'dist/main.js')));
  },

  'the test kit under Vitest'() {
    run(process.execPath, ['scripts/vitest-check.mjs'], root);
  },
};

function manifest(tarball) {
  return {
    name: 'modern-application',
    private: true,
    type: 'module',
    dependencies: {
      ...only(nest12, ...BASICS, '@nestjs/platform-express'),
      'nestjs-event-tracking': `file:${tarball}`,
    },
    devDependencies: { '@types/node': dev['@types/node'], typescript: dev.typescript },
  };
}
