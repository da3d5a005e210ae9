export const ODD_TEXTS = [
  ...[
    "it's",
    '"',
    '`${process.exit(1)}`',
    '*/ process.exit(1) /*',
    'a\nprocess.exit(1)',
    '\u2028process.exit(1)',
    '\\',
    "\\'",
    '\ud800',
  ],
  ...['', ' ', '.', '[0]', '*', '**', 'a.b', '$&', '</script>', '// x', 'é', '\u0000', '\u202e'],
];
export const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
export const KEYS = [
  ...['mode', 'count', 'email', 'userName', 'ip', 'address', 'user', 'name', 'a-b', '1', '22', 'class'],
  ...[
    '0f8bb910-af5d-4299-ad6b-b8f3e8f554a7',
    'a0effb954cca4759994f1ac9e9434bf4_2_1',
    'somebody@example.org',
    '10.0.0.1',
  ],
];
