import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { endsInFragment, sizeIfEndsWith } from '../../../src/backends/logger/file-end';
import { LogFolder } from '../../support/log-folder';

const always = (): boolean => true;

describe('file-end', () => {
  let path: string;
  beforeEach(() => {
    path = new LogFolder().file();
  });

  it.each([
    ['', false],
    ['a\n', false],
    ['a\nb', true],
    ['b', true],
  ])('endsInFragment of %j is %s', (text, expected) => {
    writeFileSync(path, text);
    expect(endsInFragment(path, always)).toBe(expected);
  });

  it.each([
    ['a\nfrag', 'frag', 6],
    ['frag', 'frag', 4],
    ['a\nfrag\n', 'frag', undefined],
    ['rag', 'frag', undefined],
    ['xrag', 'frag', undefined],
  ])('sizeIfEndsWith of %j with %j is %s', (text, end, expected) => {
    writeFileSync(path, text);
    expect(sizeIfEndsWith(path, Buffer.from(end), always)).toBe(expected);
  });

  it('reads no file that is missing or not the expected one', () => {
    expect(endsInFragment(path, always)).toBe(false);
    expect(sizeIfEndsWith(path, Buffer.from('a'), always)).toBeUndefined();
    writeFileSync(path, 'a');
    const seen: bigint[] = [];
    const isOther = ({ size }: { size: bigint }): boolean => {
      seen.push(size);
      return false;
    };
    expect(endsInFragment(path, isOther)).toBe(false);
    expect(sizeIfEndsWith(path, Buffer.from('a'), isOther)).toBeUndefined();
    expect(seen).toEqual([1n, 1n]);
  });

  (process.platform === 'win32' ? it.skip : it)('does not block on a named pipe', () => {
    execFileSync('mkfifo', [path]);
    expect(endsInFragment(path, ({ size }) => size > 0n)).toBe(false);
  });
});
