/**
 * Ending of a call. `abandoned`: an Observable was unsubscribed, or an iterator or stream was left,
 * before its end.
 */
export type Ending = 'success' | 'error' | 'abandoned';
