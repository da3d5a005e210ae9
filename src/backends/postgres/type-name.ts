/** Types of columns, as an application writes them. */

// No name contains what a library could read as its placeholder.
const NAME = String.raw`(?:[a-z_][\w]*|"(?:[^"\0?\\$]|"")+")`;
const OWN_NAME = String.raw`${NAME}(?:\s*\.\s*${NAME})*`;
const CHARACTERS = String.raw`(?:national\s+)?char(?:acter)?(?:\s+varying)?|nchar\s+varying`;
const FIELD = '(?:year|month|day|hour|minute|second)';
const MODIFIERS = String.raw`(?:\s*\(\s*-?\w+(?:\s*,\s*-?\w+)*\s*\))?`;
const ZONE = String.raw`time(?:stamp)?${MODIFIERS}\s+with(?:out)?\s+time\s+zone`;
const INTERVAL = String.raw`interval\s+${FIELD}(?:\s+to\s+${FIELD})?`;
/** The types of several words are these; what follows another type is a constraint or an option. */
const TYPE = new RegExp(
  String.raw`^(?:${ZONE}|(?:${INTERVAL}|${CHARACTERS}|double\s+precision|bit\s+varying|${OWN_NAME})${MODIFIERS})(\s*\[\d*\])?$`,
  'i',
);
/** Beginnings of constraints; and serial, whose column would refuse an event without a value. */
const NO_TYPE =
  /^(?:(?:big|small)?serial\d?|not|null|default|unique|primary|check|references|collate|generated|constraint)\b/i;
const CHARACTER_TYPE =
  /^(?:pg_catalog\s*\.\s*)?(?:national\s+)?(?:bpchar|varchar|nchar|char(?:acter)?)(?:\s+varying)?$/i;

/** Type to which a field of an event is cast. */
export interface Cast {
  /** The type, or the type of the elements of a list. */
  readonly type: string;
  readonly isList: boolean;
}

/** True for a type, with a length or with [] for a list, and for no other SQL. */
export function isType(given: unknown): given is string {
  return typeof given === 'string' && TYPE.test(given) && !NO_TYPE.test(given);
}

/** True for the type of a list. */
export function isListType(type: string): boolean {
  return TYPE.exec(type)?.[1] !== undefined;
}

/**
 * Returns the type to which a field is cast. A cast to varchar(3), char or bit would cut a longer
 * value without an error; a column of that type refuses it.
 */
export function castOf(type: string): Cast {
  const isList = isListType(type);
  const single = isList ? type.replace(/\s*\[\d*\]$/, '') : type;
  const plain = single.includes('"') ? single : single.replace(/\s*\([^)]*\)/, '');
  const isBit = /^bit$/i.test(plain);
  return { type: isBit ? 'varbit' : plain.replace(CHARACTER_TYPE, 'text'), isList };
}
