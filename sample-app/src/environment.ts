// The main files import this file first, because modules read the environment while they are
// loaded. ConfigModule reads `.env` too, but only after the tree is described.
try {
  process.loadEnvFile(); // variables that are set already win
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
// Without NODE_ENV, the explorer would require guards. Nothing else here depends on "development".
process.env.NODE_ENV ||= 'development';
