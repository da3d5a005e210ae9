import type { AssertionNode, CharacterSet, PatternNode } from './pattern-node';

export type Operation = 'character' | 'split' | 'assert' | 'look' | 'match';

/** One step of a program. All are of one shape: what each needs is there, so that reading one is quick. */
export interface Instruction {
  readonly op: Operation;
  /** The index of the instruction that follows. */
  readonly next: number;
  /** Of a split: the other one that follows. */
  readonly other: number;
  /** Of a character: what it matches. */
  readonly set: CharacterSet | undefined;
  readonly assertion: AssertionNode | undefined;
  readonly look: Look | undefined;
}

/** A lookaround, which depends on the position alone: a table of one pass over the string answers it for all of them. */
export interface Look {
  /** Reads the string backwards if it looks ahead, so that the pass ends at the positions that are asked about. */
  readonly program: Program;
  readonly isBehind: boolean;
  readonly isNegative: boolean;
}

/** The pattern as a machine that is in several states at once, and never goes back. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

/** Each character of a string may meet each instruction; a pattern that needs more is refused. */
const MAX_INSTRUCTIONS = 1000;

/** Repetition counts inside each other multiply: `(a{100}){100}` stands for 10,000 characters. */
export class PatternTooLarge extends Error {}

/**
 * @throws PatternTooLarge
 * @throws TypeError for a pattern with back-references
 */
export function compilePattern(root: PatternNode): Program {
  return new Compiler({ left: MAX_INSTRUCTIONS }).compile(root, false);
}

class Compiler {
  private readonly instructions: Instruction[] = [];

  /** @param room shared with the programs of lookarounds */
  constructor(private readonly room: { left: number }) {}

  compile(root: PatternNode, isBackwards: boolean): Program {
    const match = this.add('match', -1);
    return { start: this.node(root, match, isBackwards), instructions: this.instructions };
  }

  /** From the end on: `next` is where the node leads. @returns where it begins */
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
      required = Math.max(min - 1, 0); // one of them is what the loop comes back to
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
