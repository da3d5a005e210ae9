import { columnLabel } from './columns';

/** Names of the columns; the list box reads them out with each row. */
export function ListHead({ columns }: { readonly columns: readonly string[] }) {
  return (
    <div class="list-head" aria-hidden="true">
      <span class="cell-time">Time</span>
      <span class="cell-name">Event</span>
      <span class="cell-actor">User</span>
      <span class="cell-size">Size</span>
      <span class="cell-marks">
        {columns.map((path) => (
          <span class="cell-mark" key={path} title={path}>
            {columnLabel(path, columns)}
          </span>
        ))}
      </span>
    </div>
  );
}
