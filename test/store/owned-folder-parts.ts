import { OwnedFolder } from '../../src/store/owned-folder';
import { Child } from './child-process';

const owners: OwnedFolder[] = [];
export const NOTHING = { taken: [], failed: [] };

export async function claim(directory: string): Promise<OwnedFolder> {
  const owner = await OwnedFolder.claim(directory);
  owners.push(owner);
  return owner;
}

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(owners.splice(0).map((owner) => owner.release()));
});

export interface Owner {
  readonly pid: number;
  readonly folder: string;
}

export async function start(directory: string, mode = 'obey', before: readonly string[] = []) {
  const child = new Child('owner.child.ts', [directory, mode], before);
  const { folder, pid } = (await child.said<Owner>())!;
  return { child, folder, pid };
}
