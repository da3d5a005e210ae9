import type { FieldDocumentation } from '../../api';

export function FieldTable({ fields }: { readonly fields: readonly FieldDocumentation[] }) {
  return (
    <>
      <h3>Fields of the data</h3>
      <div class="table-box" role="region" aria-label="Fields of the data" tabIndex={0}>
        <table class="table wide">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Type</th>
              <th scope="col">Description</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(({ path, type, isRequired, isPersonal, description }) => (
              <tr key={path}>
                <th scope="row">
                  <code>{path}</code>
                  {!isRequired && <span class="muted small">optional</span>}
                  {isPersonal && <span class="tag">personal</span>}
                </th>
                <td class="mono">{type}</td>
                <td dir="auto">{description}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
