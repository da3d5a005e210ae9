const { join } = require('node:path');

/** Everything in one file: what Nest looks for and does without is left out. */
module.exports = (options, webpack) => ({
  ...options,
  externals: [],
  output: { ...options.output, path: join(__dirname, 'bundle'), filename: 'main.js' },
  plugins: [
    ...options.plugins,
    new webpack.IgnorePlugin({
      checkResource: (name) => /^(@nestjs\/(microservices|websockets)|class-transformer|class-validator)/.test(name),
    }),
  ],
});
