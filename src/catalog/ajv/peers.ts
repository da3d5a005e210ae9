import type * as Ajv2020 from 'ajv/dist/2020';
import { requirePeer } from '../../routing/require-peer';

const use = { entry: 'nestjs-event-tracking/json-schema', peers: ['ajv'] };

// eslint-disable-next-line @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it
export const { Ajv2020: Ajv } = requirePeer('ajv/dist/2020', use, () => require('ajv/dist/2020') as typeof Ajv2020);
