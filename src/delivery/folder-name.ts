/**
 * Makes the name of a folder from the name of a tracker or a destination.
 *
 * A name may come from outside, with a job that names the destination of its event. For any name,
 * the folder is directly below the folder in which it is made, and no two names have the same
 * folder.
 */
const NO_NAME = '~';
/** The suffix of a destination that replaces another one with the same path. */
const ORDINAL = /~\d+$/;

export function folderName(name: string): string {
  if (name === '') return NO_NAME;
  const encoded = encodeURIComponent(name.replace(/\p{Cs}/gu, '\ufffd')).replaceAll('~', '%7E');
  return /^\.+$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
}

/**
 * The name from which `folderName` made a folder.
 * @returns undefined if `folderName` cannot have made the folder's name
 */
export function nameOfFolder(folder: string): string | undefined {
  const encoded = folder.replace(ORDINAL, '');
  if (encoded === NO_NAME) return '';
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
