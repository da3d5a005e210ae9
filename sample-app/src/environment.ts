// The main file imports this file first, because modules read NODE_ENV while they are loaded.
// Without NODE_ENV, the explorer would require guards. Nothing else here depends on "development".
process.env.NODE_ENV ||= 'development';
