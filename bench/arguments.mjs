// What `npm run bench -- …` takes.
import { parseArgs } from 'node:util';
import { SHAPES } from './emit/events.mjs';

/** @param names the benches there are */
export function parseArguments(words, names) {
  const { positionals, values, tokens } = parseWords(words);
  const chosen = positionals.length === 0 && values.smoke ? names : positionals;
  const unknown = chosen.find((name) => !names.includes(name));
  if (chosen.length === 0 || unknown !== undefined) {
    const problem = unknown === undefined ? 'no benchmark is named' : `there is no benchmark "${unknown}"`;
    throw new TypeError(`${problem}. Fix: name one or more of ${names.join(', ')}`);
  }
  return {
    names: chosen,
    nodes: values.nodes === undefined ? [] : parseNodes(values.nodes),
    /** The same words for one version of Node. */
    words: withoutNodes(words, tokens),
    options: {
      json: values.json,
      smoke: values.smoke,
      pairs: values.smoke ? 1 : parseCount('--pairs', values.pairs),
      ...ofEmit(chosen, values),
      only: { case: values.case, bytes: parseCount('--bytes', values.bytes) },
    },
  };
}

/** Only emit has events of several shapes and counts what is allocated. */
function ofEmit(names, { shape, heap }) {
  if ((heap || shape !== undefined) && names.some((name) => name !== 'emit'))
    throw new TypeError('--shape and --heap are options of emit. Fix: name no other benchmark');
  const shapes = [...SHAPES, 'all'];
  if (shape === undefined || shapes.includes(shape)) return { shape, heap };
  throw new TypeError(`--shape is "${shape}". Fix: pass one of ${shapes.join(', ')}`);
}

function parseWords(words) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      tokens: true,
      options: {
        json: { type: 'boolean', default: false },
        pairs: { type: 'string' },
        case: { type: 'string' },
        bytes: { type: 'string' },
        nodes: { type: 'string' },
        shape: { type: 'string' },
        heap: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new TypeError(`${error.message.replace(/\.$/, '')}. Fix: the head of bench/run.mjs lists all options`, {
      cause: error,
    });
  }
}

function parseCount(option, text) {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`${option} is "${text}". Fix: pass a whole number above 0`);
  return Number(text);
}

function parseNodes(text) {
  return text.split(',').map((version) => {
    const [, digits] = /^\s*v?(\d+(?:\.\d+){0,2})\s*$/.exec(version) ?? [];
    if (digits !== undefined) return digits;
    throw new TypeError(`--nodes has "${version.trim()}". Fix: pass versions with commas between them, as 20,24,26`);
  });
}

function withoutNodes(words, tokens) {
  const left = [...words];
  for (const { kind, name, index, inlineValue } of tokens.toReversed())
    if (kind === 'option' && name === 'nodes') left.splice(index, inlineValue ? 1 : 2);
  return left;
}
