/** IRIs that several rows share. */
export const ADL_VERBS = 'http://adlnet.gov/expapi/verbs/';
export const ADL_ACTIVITIES = 'http://adlnet.gov/expapi/activities/';
export const TINCAN_VERBS = 'http://id.tincanapi.com/verb/';
export const TINCAN_ACTIVITIES = 'http://id.tincanapi.com/activitytype/';
export const TINCAN_EXTENSIONS = 'http://id.tincanapi.com/extension/';
export const ACROSSX = 'https://w3id.org/xapi/acrossx/';
export const DOD_ISD_VERBS = 'https://w3id.org/xapi/dod-isd/verbs/';
export const OPENEDX = 'https://w3id.org/xapi/openedx/';
export const VIDEO = 'https://w3id.org/xapi/video/';

export const COURSE_ACTIVITY = `${ADL_ACTIVITIES}course`;
export const INTERACTION_ACTIVITY = `${ADL_ACTIVITIES}cmi.interaction`;
export const ACROSSX_TYPE = `${ACROSSX}extensions/type`;
export const ATTEMPT_ID = `${TINCAN_EXTENSIONS}attempt-id`;
