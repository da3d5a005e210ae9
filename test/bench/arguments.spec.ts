import { parseArguments } from '../../bench/arguments.mjs';

const NAMES = ['emit', 'http'];
const parse = (...words: string[]) => parseArguments(words, NAMES);

describe('parseArguments', () => {
  it('reads what is measured and how often', () => {
    expect(parse('http', '--pairs', '3', '--case', 'fastify', '--bytes=200', '--json')).toMatchObject({
      names: ['http'],
      nodes: [],
      options: { json: true, smoke: false, pairs: 3, only: { case: 'fastify', bytes: 200 } },
    });
  });

  it('leaves the number of pairs to the benchmark, and takes one pair with --smoke', () => {
    expect(parse('emit').options.pairs).toBeUndefined();
    expect(parse('emit', '--smoke', '--pairs', '7').options.pairs).toBe(1);
  });

  it('takes every benchmark for --smoke alone, and those that are named', () => {
    expect(parse('--smoke').names).toEqual(NAMES);
    expect(parse('--smoke', 'http').names).toEqual(['http']);
  });

  it.each([
    ['--nodes 20,24.21.0,v26', ['emit', '--nodes', '20,24.21.0,v26', '--json']],
    ['--nodes=20,24.21.0,v26', ['--nodes=20,24.21.0,v26', 'emit', '--json']],
    ['--nodes 20, 24.21.0, v26', ['emit', '--json', '--nodes', '20, 24.21.0, v26']],
  ])('reads %s and passes on all other words', (_, words) => {
    const read = parse(...words);
    expect(read.nodes).toEqual(['20', '24.21.0', '26']);
    expect(read.words).toEqual(['emit', '--json']);
  });

  it('reads the options of emit', () => {
    expect(parse('emit', '--shape', 'dates', '--heap').options).toMatchObject({ shape: 'dates', heap: true });
    expect(parse('--smoke').options).toMatchObject({ shape: undefined, heap: false });
  });

  it.each([
    [[], 'no benchmark is named. Fix: name one or more of emit, http'],
    [['emit', 'htpp'], 'there is no benchmark "htpp". Fix: name one or more of emit, http'],
    [['emit', '--pairs', '0'], '--pairs is "0". Fix: pass a whole number above 0'],
    [['emit', '--bytes', '1k'], '--bytes is "1k". Fix: pass a whole number above 0'],
    [['emit', '--nodes', '20,lts'], '--nodes has "lts". Fix: pass versions with commas between them, as 20,24,26'],
    [['emit', '--shape', 'round'], '--shape is "round". Fix: pass one of event, flat, nested,'],
    [['http', '--shape', 'flat'], '--shape and --heap are options of emit. Fix: name no other benchmark'],
    [['--smoke', '--heap'], '--shape and --heap are options of emit'],
    [['emit', '--node', '24'], "Unknown option '--node'"],
  ])('refuses %j', (words, message) => {
    expect(() => parse(...words)).toThrow(message);
  });
});
