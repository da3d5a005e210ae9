// @ts-check
// An application of an older scaffold: TypeScript 5 with `module: commonjs`, where subpaths are
// resolved without `exports`.
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkEvents, dev, root, run, useApplication } from '../packed/application.mjs';
import { BASICS, nest11, only } from './versions.mjs';

export const title = 'Nest 11, Fastify, CommonJS, npm, node10';

const subpaths = readdirSync(join(root, 'src/entries'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => name !== 'index')
  .map((name) => `./${name}`);

export const steps = {
  'every subpath has types'({ folder, tarball }) {
    cpSync(join(root, 'scripts/matrix/src'), join(folder, 'src'), { recursive: true });
    cpSync(join(root, 'scripts/matrix/adapter.fastify.ts'), join(folder, 'src/adapter.ts'));
    cpSync(join(root, 'scripts/consumers/node10/tsconfig.json'), join(folder, 'tsconfig.json'));
    mkdirSync(join(folder, 'src/types'));
    writeFileSync(join(folder, 'src/types/subpaths.ts'), importOf(subpaths));
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest(tarball), undefined, 2));
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], folder);
    run(join(folder, 'node_modules/.bin/tsc'), ['-p', '.'], folder);
  },

  async 'an event of a request'({ folder }) {
    checkEvents(await useApplication(process.execPath, join(folder, 'dist/main.js')));
  },
};

/**
 * Types only: what a subpath needs to run is not installed here. A module without types would be an
 * error.
 */
function importOf(paths) {
  return paths
    .map((path, at) => {
      const name = path.replace('./', 'nestjs-event-tracking/');
      return `import type * as module${at} from '${name}';\nexport type Names${at} = keyof typeof module${at};\n`;
    })
    .join('');
}

function manifest(tarball) {
  return {
    name: 'older-application',
    private: true,
    dependencies: {
      ...only(nest11, ...BASICS, '@nestjs/platform-fastify'),
      'nestjs-event-tracking': `file:${tarball}`,
    },
    devDependencies: { '@types/node': dev['@types/node'], typescript: '5.9.3' },
  };
}
