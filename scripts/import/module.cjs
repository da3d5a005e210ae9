// The module that `npm run import:million` imports into: everything goes to the counting server.
const { Module } = require('@nestjs/common');
const { backend, HttpBackend, TrackingModule } = require('../../dist/entries/index.js');

class ImportModule {}
Module({
  imports: [
    TrackingModule.forRoot({
      backends: {
        counter: backend(HttpBackend, { url: process.env.COUNTER_URL }, { delivery: { batch: { maxEvents: 500 } } }),
      },
    }),
  ],
})(ImportModule);
exports.ImportModule = ImportModule;
