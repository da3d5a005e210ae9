import type { DynamicModule } from '@nestjs/common';
import { CREDENTIALS_FIX, hasReadableCredentials, UNREADABLE_CREDENTIALS } from '../../backends/url-credentials';
import { TrackingModule } from '../../module/tracking.module';
import { NameAllowlist } from '../../processors/name-allowlist';
import { backend, processor } from '../../routing/description';
import type { EndpointAuth } from '../../xapi/endpoint';
import { openEdxRows } from '../../xapi/open-edx-rows';
import { XapiBackend } from '../../xapi/xapi.backend';
import { CommandFailedException } from '../command-failed.exception';

const URL_EXAMPLE = '--to lrs=https://lrs.example/xAPI';

/**
 * Returns a module that sends the statements of events to an LRS. Their ids are made of those of
 * the events, which come from the lines (docs/decisions/0362).
 * @param given URL of the LRS, possibly with user and password; no error shows it
 * @param rootUrl URL of the platform that wrote the logs
 * @param environment LRS_USERNAME with LRS_PASSWORD, or LRS_TOKEN, if the URL has no user
 * @throws CommandFailedException
 */
export function lrsModule(given: string, rootUrl: string | undefined, environment: NodeJS.ProcessEnv): DynamicModule {
  const url = webUrl(given);
  if (url === undefined)
    throw CommandFailedException.create('--to lrs=… is not a URL that begins with http:// or https://.', URL_EXAMPLE);
  if (!hasReadableCredentials(url))
    throw CommandFailedException.create(`--to lrs=… ${UNREADABLE_CREDENTIALS}`, CREDENTIALS_FIX);
  if (rootUrl === undefined)
    throw CommandFailedException.create(
      '--to lrs=… needs the URL of the platform, with which the ids in statements begin.',
      '--root-url https://lms.example',
    );
  if (webUrl(rootUrl) === undefined)
    throw CommandFailedException.create(
      '--root-url is not a URL that begins with http:// or https://.',
      '--root-url https://lms.example',
    );
  const auth = url.username === '' ? authFrom(environment) : undefined;
  // Most events of a platform have no statement: they are filtered, and no reason for exit code 1.
  const processors = [processor(NameAllowlist, { names: Object.keys(openEdxRows) })];
  return TrackingModule.forRoot({
    backends: { lrs: backend(XapiBackend, { url, rootUrl, auth, ids: 'event' }, { processors }) },
  });
}

function webUrl(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function authFrom({
  LRS_USERNAME: username = '',
  LRS_PASSWORD: password = '',
  LRS_TOKEN: token = '',
}: NodeJS.ProcessEnv): EndpointAuth | undefined {
  if (token !== '' && username + password !== '')
    throw CommandFailedException.create(
      'LRS_TOKEN is set, and LRS_USERNAME or LRS_PASSWORD too.',
      'unset LRS_TOKEN, or the other two',
    );
  if ((username === '') !== (password === ''))
    throw CommandFailedException.create(
      `${username === '' ? 'LRS_PASSWORD is set without LRS_USERNAME' : 'LRS_USERNAME is set without LRS_PASSWORD'}.`,
      'set both, or neither',
    );
  if (token !== '') return { token };
  return username === '' ? undefined : { username, password };
}
