import { missingPackages } from '../../src/cli/required-packages';

describe('missingPackages', () => {
  it('returns nothing where all packages are installed', () => {
    expect(missingPackages()).toBeUndefined();
  });

  it.each([
    [['jiti'], /needs the packages jiti, which/],
    [['commander', 'jiti'], /needs the packages commander and jiti, which/],
  ])('names %j, which are missing, and one command that installs everything', (missing, expected) => {
    const message = missingPackages((name) => {
      if (missing.includes(name)) throw new Error(`Cannot find module '${name}'`);
    });
    expect(message).toMatch(expected);
    expect(message).toContain('Fix: npm install --save-dev commander jiti');
  });
});
