/**
 * A tracker and a destination have a folder of their name. A name may come from outside, with a job that names the destination
 * of its event: whatever it is, its folder is one below the folder in which it is made, and no two names have one folder.
 */
const NO_NAME = '~';
/** Put behind the name of a destination that has replaced another of its path. */
const ORDINAL = /~\d+$/;

export function folderName(name: string): string {
  if (name === '') return NO_NAME;
  const encoded = encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')).replaceAll('~', '%7E');
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
}

/** @returns undefined for a folder that has its name from somewhere else */
export function nameOfFolder(folder: string): string | undefined {
  const encoded = folder.replace(ORDINAL, '');
  if (encoded === NO_NAME) return '';
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
