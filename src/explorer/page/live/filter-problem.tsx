import type { FilterError } from '../../api';

export const FILTER_PROBLEM_ID = 'filter-problem';

interface Props {
  readonly filter: string;
  readonly error: FilterError;
}

/** What is wrong with the filter, where, and how to write it. */
export function FilterProblem({ filter, error: { message, fix, start, length } }: Props) {
  return (
    <p class="filter-problem" id={FILTER_PROBLEM_ID} role="alert">
      <span class="filter-place">
        {filter.slice(0, start)}
        <mark>{filter.slice(start, start + length)}</mark>
        {filter.slice(start + length)}
      </span>
      {message}. {fix}. Until then, all events are shown.
    </p>
  );
}
