import { WritableNotice } from '../../../src/backends/logger/writable-notice';
import { systemError } from './fake-log';

describe('WritableNotice', () => {
  let warnings: string[];
  let notice: WritableNotice;
  beforeEach(() => {
    warnings = [];
    notice = new WritableNotice('/log', 500, (text) => warnings.push(text));
  });

  it('logs a failure with its error and its fix, once', () => {
    notice.failed(systemError('ENOSPC'));
    notice.failed(systemError('EACCES'));
    expect(warnings).toEqual([
      "/log cannot be written (ENOSPC). Lines are held up to 500 bytes, then dropped ('log-unwritable'). " +
        'Fix: free the disk; it is tried every second.',
    ]);
  });

  it('logs the first success after a failure, and the next failure again', () => {
    notice.succeeded(3);
    expect(warnings).toEqual([]);
    notice.failed(systemError('EIO'));
    notice.succeeded(3);
    notice.succeeded(0);
    expect(warnings.slice(1)).toEqual(['/log can be written again. Held lines that follow: 3.']);
    notice.failed(systemError('EIO'));
    expect(warnings).toHaveLength(3);
  });
});
