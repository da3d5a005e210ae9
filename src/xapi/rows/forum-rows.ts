import type { XapiContextRow, XapiRow, XapiVerbRow } from '../row';
import { ACROSSX, ACROSSX_TYPE, DOD_ISD_VERBS, OPENEDX, TINCAN_ACTIVITIES, TINCAN_VERBS } from './iris';

const DISCUSSION = `${TINCAN_ACTIVITIES}discussion`;

const posted = { id: `${ACROSSX}verbs/posted`, display: 'posted' };
const edited = { id: `${ACROSSX}verbs/edited`, display: 'edited' };
const viewed = { id: `${TINCAN_VERBS}viewed`, display: 'viewed' };
const deleted = { id: `${DOD_ISD_VERBS}deleted`, display: 'deleted' };
const voted = { id: `${OPENEDX}verb/voted`, display: 'voted' };
const reported = { id: `${ACROSSX}verbs/reported`, display: 'reported' };
const unreported = { id: `${OPENEDX}verb/unreported`, display: 'unreported' };

function forum(verb: XapiVerbRow, extensions?: XapiContextRow['extensions']): XapiRow {
  return {
    verb,
    object: { id: { fn: 'forumIri' }, type: DISCUSSION, name: ['en', 'data.title'] },
    context: {
      extensions,
      grouping: {
        when: 'data.discussion.id',
        id: { iri: ['api/discussion/v1/threads', 'data.discussion.id'] },
        type: DISCUSSION,
      },
    },
  };
}

const postedRow = forum(posted);
const editedRow = forum(edited);
const deletedRow = forum(deleted);
const reportedRow = forum(reported);
const unreportedRow = forum(unreported);
const votedRow = forum(voted, { [ACROSSX_TYPE]: 'vote_value' });

/** Events of the discussion forum. */
export const FORUM_ROWS = {
  'edx.forum.thread.created': forum(posted, { [ACROSSX_TYPE]: 'thread_type' }),
  'edx.forum.thread.edited': editedRow,
  'edx.forum.thread.viewed': forum(viewed),
  'edx.forum.thread.deleted': deletedRow,
  'edx.forum.thread.voted': votedRow,
  'edx.forum.thread.reported': reportedRow,
  'edx.forum.thread.unreported': unreportedRow,
  'edx.forum.response.created': postedRow,
  'edx.forum.response.edited': editedRow,
  'edx.forum.response.deleted': deletedRow,
  'edx.forum.response.voted': votedRow,
  'edx.forum.response.reported': reportedRow,
  'edx.forum.response.unreported': unreportedRow,
  'edx.forum.comment.created': postedRow,
  'edx.forum.comment.edited': editedRow,
  'edx.forum.comment.deleted': deletedRow,
  'edx.forum.comment.reported': reportedRow,
  'edx.forum.comment.unreported': unreportedRow,
} as const satisfies Readonly<Record<string, XapiRow>>;
