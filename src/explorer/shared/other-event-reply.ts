import { failure, json, type Reply } from '../explorer-reply';
import type { OtherEvent } from './watching-side';

const MORE = 'Raise maxEvents, or look into a destination.';

/** Answers with an event of another process, or says why it cannot be shown. */
export function otherEventReply(event: OtherEvent | undefined): Reply {
  if (event === undefined) return failure(404, 'The event is not kept any more.', MORE);
  if (event.kind === 'found') return json(event.detail);
  const { kind, process } = event;
  switch (kind) {
    case 'forgotten':
      return failure(404, `The event is not kept any more by its process ${process}.`, MORE);
    case 'too-large':
      return failure(413, `The event is too large to be sent by its process ${process}.`, 'Open the page there.');
    case 'ended':
      return failure(410, `The process ${process} of the event has ended.`, 'Look into a destination.');
    case 'silent':
      return failure(504, `The process ${process} of the event did not answer.`, 'Try again.');
    case 'away':
      return failure(
        503,
        `The process ${process} of the event cannot be asked, since the shared channel does not work.`,
        'The page says what is wrong with the channel. Try again when it works.',
      );
    default:
      return kind satisfies never;
  }
}
