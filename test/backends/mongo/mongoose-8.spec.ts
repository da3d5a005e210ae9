/** The tests of this folder with the other major version of mongoose that the package supports. */
import mongoose from 'mongoose';

jest.mock('mongoose', () => jest.requireActual<object>('mongoose-8'));

import './collection-setup.spec';
import './connections.spec';
import './delivery.spec';
import './mongo.backend.spec';
import './outages.spec';
import './pool-queue.spec';
import './send-errors.spec';
import './transformed-document.spec';

it('runs with mongoose 8', () => {
  expect(mongoose.version).toMatch(/^8\./);
});
