import type { AssertionNode, CharacterSet, PatternNode } from './pattern-node';

export type Operation = 'character' | 'split' | 'assert' | 'look' | 'match';

/** One step of a program. All instructions have the same shape, so that V8 reads them quickly. */
export interface Instruction {
  readonly op: Operation;
  /** Index of the following instruction. */
  readonly next: number;
  /** Index of the second following instruction, for a split. */
  readonly other: number;
  /** Characters to match, for a character. */
  readonly set: CharacterSet | undefined;
  readonly assertion: AssertionNode | undefined;
  readonly look: Look | undefined;
}

/**
 * A lookaround. It depends on the position alone, so one pass over the string creates a table for
 * all positions.
 */
export interface Look {
  /**
   * Program of the body. A lookahead reads the string backwards, so that the pass ends at the
   * tested positions.
   */
  readonly program: Program;
  readonly isBehind: boolean;
  readonly isNegative: boolean;
}

/** Pattern as an automaton that is in several states at once, and never backtracks. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/**
 * Maximum number of instructions; a larger pattern is refused. Each character of a string may run
 * each instruction.
 */
const MAX_INSTRUCTIONS = 1000;

/**
 * Reports a program that is too large. Nested repetition counts multiply: `(a{100}){100}` is 10,000
 * characters.
 */
export class PatternTooLarge extends Error {}

/**
 * Compiles a pattern to a program.
 * @throws PatternTooLarge
 * @throws TypeError for a pattern with back-references
 */
export function compilePattern(root: PatternNode): Program {
  return new Compiler({ left: MAX_INSTRUCTIONS }).compile(root, false);
}

class Compiler {
  private readonly instructions: Instruction[] = [];

  /** @param room number of instructions left, shared with the programs of lookarounds */
  constructor(private readonly room: { left: number }) {}

  compile(root: PatternNode, isBackwards: boolean): Program {
    const match = this.add('match', -1);
    return { start: this.node(root, match, isBackwards), instructions: this.instructions };
  }

  /**
   * Compiles a node. Works from the end: `next` is the instruction after the node.
   * @returns the index of the node's first instruction
   */
  private node(node: PatternNode, next: number, isBackwards: boolean): number {
    switch (node.kind) {
      case 'character':
        return this.add('character', next, { set: node.set });
      case 'assertion':
        return this.add('assert', next, { assertion: node });
      case 'look': {
        const { isBehind, isNegative } = node;
        const program = new Compiler(this.room).compile(node.body, !isBehind);
        return this.add('look', next, { look: { program, isBehind, isNegative } });
      }
      case 'sequence': {
        const parts = isBackwards ? node.parts : node.parts.toReversed();
        return parts.reduce((following, part) => this.node(part, following, isBackwards), next);
      }
      case 'choice':
        return node.options
          .map((option) => this.node(option, next, isBackwards))
          .reduce((one, other) => this.add('split', one, { other }));
      case 'repeat':
        return this.repeat(node.body, node.min, node.max, next, isBackwards);
      case 'back-reference':
        throw new TypeError('a back-reference has no program');
    }
  }

  private repeat(body: PatternNode, min: number, max: number, next: number, isBackwards: boolean): number {
    let start = next;
    let required = min;
    if (max === Infinity) {
      const loop = this.add('split', -1, { other: next });
      const inside = this.node(body, loop, isBackwards);
      (this.instructions[loop] as { next: number }).next = inside;
      start = min === 0 ? loop : inside;
      required = Math.max(min - 1, 0); // the loop body is one of the required rounds
    } else {
      for (let round = min; round < max; round++)
        start = this.add('split', this.node(body, start, isBackwards), { other: next });
    }
    for (let round = 0; round < required; round++) start = this.node(body, start, isBackwards);
    return start;
  }

  private add(op: Operation, next: number, more: Partial<Instruction> = {}): number {
    if (--this.room.left < 0) throw new PatternTooLarge();
    const { other = -1, set, assertion, look } = more;
    return this.instructions.push({ op, next, other, set, assertion, look }) - 1;
  }
}
