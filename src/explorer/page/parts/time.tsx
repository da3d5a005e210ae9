import { ago, dateTime } from '../lib/format';

/** How long ago, with the exact time as its title. Rendered again with the view around it. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={dateTime(at)}>
      {ago(at)}
    </time>
  );
}
