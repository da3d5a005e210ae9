/** Sets `window.attacked` if any of it is ever taken for markup or script. */
export const SCRIPT = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>';

const LONG = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit. '.repeat(180).slice(0, 10_000);

/** Data of events whose every key and value tries something. */
export const HOSTILE = [
  {
    name: `edx.bookmark.${SCRIPT}`,
    data: {
      [SCRIPT]: SCRIPT,
      nested: { '"><svg onload="window.attacked=1">': ['</style><script>window.attacked=1</script>'] },
    },
    user: SCRIPT,
  },
  {
    name: 'edx.forum.thread.created',
    data: {
      title: 'مرحبا بالعالم، هذا عنوان طويل',
      body: 'שלום עולם 123 abc',
      override: 'left\u202eright',
      zero: 'a\u200bb\u0000c',
    },
    user: 'ليلى',
  },
  {
    name: 'edx.forum.response.created',
    data: { body: LONG, unbroken: 'A'.repeat(3_000), emoji: '👩🏽‍🚀'.repeat(40) },
    user: 'maxwell',
  },
  {
    name: 'edx.certificate.' + 'a_very_long_name_that_never_ends.'.repeat(6) + 'created',
    data: Object.fromEntries([
      ['__proto__x', 1],
      ['constructor', 'Object'],
      ['url', 'javascript:window.attacked=1'],
      ['', 'no key'],
    ]),
    user: 'u'.repeat(120),
  },
];
