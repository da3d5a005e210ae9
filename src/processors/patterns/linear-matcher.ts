/**
 * Matches a pattern in time proportional to the length of the string times the size of the pattern.
 * All ways through the pattern are followed at once, one character after another. It finds whether
 * there is a match, but not its position.
 */
import type { AssertionNode } from './pattern-node';
import type { Instruction, Look, Program } from './pattern-program';

export class LinearMatcher {
  constructor(
    private readonly program: Program,
    private readonly isSearch: boolean,
    private readonly isUnicode: boolean,
  ) {}

  test(text: string): boolean {
    const isOfUnits = !this.isUnicode || !SURROGATE.test(text);
    return new Run(isOfUnits ? text : Array.from(text)).matches(this.program, this.isSearch);
  }
}

const SURROGATE = /[\ud800-\udfff]/;

class Run {
  private readonly tables = new Map<Look, Uint8Array>();

  constructor(private readonly characters: ArrayLike<string>) {}

  matches(program: Program, isSearch: boolean): boolean {
    const { length } = this.characters;
    const states = new States(program, this);
    let isMatch = states.enter(program.start, 0);
    for (let at = 0; at < length && !isMatch && (isSearch || states.isAny); at++) {
      isMatch = states.step(this.characters[at] as string, at + 1);
      if (isSearch) isMatch = states.enter(program.start, at + 1) || isMatch;
    }
    return isMatch;
  }

  /** Returns true if a lookaround holds at a position. */
  holds(look: Look, at: number): boolean {
    let table = this.tables.get(look);
    if (table === undefined) {
      table = this.tableOf(look);
      this.tables.set(look, table);
    }
    return (table[at] === 1) !== look.isNegative;
  }

  /**
   * Returns the positions where the body of a lookbehind ends, or where the body of a lookahead
   * begins.
   */
  private tableOf({ program, isBehind }: Look): Uint8Array {
    const { characters } = this;
    const { length } = characters;
    const table = new Uint8Array(length + 1);
    const states = new States(program, this);
    const first = isBehind ? 0 : length;
    if (states.enter(program.start, first)) table[first] = 1;
    for (let steps = 1; steps <= length; steps++) {
      const at = isBehind ? steps : length - steps;
      const passed = characters[isBehind ? at - 1 : at] as string;
      const isMatch = states.step(passed, at);
      if (states.enter(program.start, at) || isMatch) table[at] = 1;
    }
    return table;
  }

  asserts({ holds, word }: AssertionNode, at: number): boolean {
    const before = this.characters[at - 1];
    const after = this.characters[at];
    switch (holds) {
      case 'start':
        return before === undefined;
      case 'end':
        return after === undefined;
      case 'line-start':
        return before === undefined || isLineEnd(before);
      case 'line-end':
        return after === undefined || isLineEnd(after);
    }
    const isWord = (character: string | undefined): boolean => character !== undefined && word?.has(character) === true;
    return (isWord(before) !== isWord(after)) === (holds === 'word-boundary');
  }
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r' || character === '\u2028' || character === '\u2029';
}

/** Instructions that wait for the next character. */
class States {
  private waiting: Int32Array;
  private waitingCount = 0;
  private spare: Int32Array;
  /**
   * Last position at which each instruction was reached, so that none is followed twice at one
   * position.
   */
  private readonly reachedAt: Int32Array;
  private readonly open: number[] = [];

  constructor(
    private readonly program: Program,
    private readonly run: Run,
  ) {
    const size = program.instructions.length;
    this.waiting = new Int32Array(size);
    this.spare = new Int32Array(size);
    this.reachedAt = new Int32Array(size).fill(-1);
  }

  get isAny(): boolean {
    return this.waitingCount > 0;
  }

  /**
   * Consumes a character.
   * @param at position after the character
   * @returns true if a match is found there
   */
  step(character: string, at: number): boolean {
    const { instructions } = this.program;
    const { waiting, waitingCount, spare } = this;
    this.waiting = spare;
    this.spare = waiting;
    this.waitingCount = 0;
    let isMatch = false;
    for (let each = 0; each < waitingCount; each++) {
      const { set, next } = instructions[waiting[each] as number] as Instruction;
      if (set?.has(character) === true && this.enter(next, at)) isMatch = true;
    }
    return isMatch;
  }

  /**
   * Follows all instructions that need no character.
   * @returns true if a match is found
   */
  enter(start: number, at: number): boolean {
    const { open, reachedAt, run, waiting } = this;
    const { instructions } = this.program;
    let isMatch = false;
    for (let index: number | undefined = start; index !== undefined; index = open.pop()) {
      if (reachedAt[index] === at) continue;
      reachedAt[index] = at;
      const { op, next, other, assertion, look } = instructions[index] as Instruction;
      if (op === 'character') waiting[this.waitingCount++] = index;
      else if (op === 'match') isMatch = true;
      else if (op === 'split') open.push(other, next);
      else if (assertion !== undefined ? run.asserts(assertion, at) : look !== undefined && run.holds(look, at))
        open.push(next);
    }
    return isMatch;
  }
}
