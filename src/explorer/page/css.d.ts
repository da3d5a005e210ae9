/** Style sheets that the bundler collects; they export nothing. */
declare module '*.css';
