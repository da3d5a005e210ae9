/**
 * Sample values of each format, chosen so that a pattern stricter than the format rejects one of
 * them.
 */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2026-11-01T12:00:00Z', '2024-02-29T23:59:59.123Z'],
  date: ['2026-11-01', '2024-02-29'],
  time: ['12:00:00', '23:59:59'],
  duration: ['PT1H', 'P1DT2H'],
  email: ['learner@example.com', 'first.last@mail.example.org', 'a1@x.dev'],
  uri: ['https://example.com/', 'https://example.org/a?b=c#d'],
  url: ['https://example.com/', 'https://example.org/a?b=c#d'],
  uuid: [
    '2c1f5aa4-7d2e-11ef-a9d3-0242ac120002',
    'a3bb189e-8bf9-4888-9912-ace4e6543002',
    '01a20c71-ff32-71f7-89be-298454b6bebd',
  ],
  ipv4: ['192.0.2.1', '10.255.0.17'],
  ipv6: ['2001:db8::1', 'fe80:1:2:3:4:5:6:7'],
  base64: ['YQ==', 'YWJjZA=='],
};

/**
 * Returns true if a pattern only repeats the format next to it. Each library, and each release of
 * it, has its own pattern for an e-mail address or a UUID. A pattern that rejects a valid value of
 * the format is a constraint of its own.
 */
export function patternSpellsFormat(pattern: string, format: string): boolean {
  const samples = SAMPLES[format];
  if (samples === undefined) return false;
  try {
    const expression = new RegExp(pattern, 'u');
    return samples.every((sample) => expression.test(sample)) && OTHERS.some((other) => !expression.test(other));
  } catch {
    return false;
  }
}

const OTHERS = ['', 'no such thing'];

const FORMS: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d/,
  date: /^\d{4}-\d\d-\d\d$/,
  email: /^[^@\s]+@[^@\s]+$/,
  uri: /^[a-z][a-z\d+.-]*:/i,
  url: /^[a-z][a-z\d+.-]*:/i,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  ipv4: /^\d{1,3}(\.\d{1,3}){3}$/,
};

/** Returns true if a value has the format. Always false for an unknown format. */
export function fitsFormat(value: string, format: string): boolean {
  return FORMS[format]?.test(value) === true;
}
