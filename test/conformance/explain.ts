/** Decides which of the differences of a case are explained, and by what. */
import { decisions, type Decision } from './decisions';
import type { Difference } from './differences';
import { explainable } from './explanations';
import { factsOf, type CaseFacts } from './facts';
import { traits, type Trait } from './traits';
import type { VectorCase } from './vectors';

export interface Verdict {
  readonly unexplained: readonly Difference[];
  /** Names of the traits and decisions that explain at least one difference. */
  readonly explainedBy: readonly string[];
  /** Names of the decisions that concern the case, whether or not anything differs. */
  readonly concernedBy: readonly string[];
}

/** @param refusesKeys whether the document store of the case refuses keys that MongoDB takes */
export function explain(vector: VectorCase, differences: readonly Difference[], refusesKeys = false): Verdict {
  const facts = factsOf(vector, refusesKeys);
  const concerned = decisions.filter(({ concerns }) => concerns(facts));
  const rules = [...traits.filter(({ concerns }) => concerns(facts)), ...concerned];
  const explainedBy = new Set<string>();
  const unexplained = differences.filter((difference) => {
    const rule = rules.find((each) => isExplainedBy(each, difference, facts));
    if (rule) explainedBy.add(nameOf(rule));
    return rule === undefined;
  });
  return { unexplained, explainedBy: [...explainedBy], concernedBy: concerned.map(nameOf) };
}

function isExplainedBy({ explains }: Trait | Decision, difference: Difference, facts: CaseFacts): boolean {
  const asked = explainable(difference);
  return explains.some((explanation) => explanation(asked, facts));
}

function nameOf(rule: Trait | Decision): string {
  return 'number' in rule ? `${rule.number} ${rule.title}` : rule.name;
}
