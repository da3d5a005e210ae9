export { caliperEnvelope, CALIPER_CONTEXT } from '../caliper/caliper-event';
export { CaliperBackend, type CaliperBackendOptions } from '../caliper/caliper.backend';
export { openEdxCaliperRows } from '../caliper/open-edx-caliper-rows';
export { toCaliper } from '../caliper/to-caliper';
export type { CaliperEntity, CaliperEnvelope, CaliperEvent } from '../caliper/caliper-event';
export type { CaliperActorResolver, CaliperMapping, CaliperOptions } from '../caliper/caliper-options';
export type {
  CaliperDraft,
  CaliperDrafting,
  CaliperEntityRow,
  CaliperExpression,
  CaliperRow,
  CaliperTools,
} from '../caliper/caliper-row';
