// What a written line has of an event, for the comparison with what was emitted.

/** A copy without these keys. */
export function without(...keys) {
  return (line) => Object.fromEntries(Object.entries(line).filter(([key]) => !keys.includes(key)));
}

/** A line of pino has the context and the data next to each other, and the name as its message. */
export const ASIDE = {
  read: ({ msg, ...line }) => ({ name: msg, fields: without('level', 'time')(line) }),
  expected: ({ name, context, data }) => ({ name, fields: { ...context, ...data } }),
};
