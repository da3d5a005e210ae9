import type { ApiError } from '../../api';
import { Store } from '../state/store';

const TOKEN_KEY = 'event-explorer-token';

/** Bearer token of this tab. It is never written to an address or to a copied text. */
export const token = new Store<string | undefined>(storedToken());

/** True after the API answered 401: the page asks for a token. */
export const needsToken = new Store(false);

export function enterToken(value: string): void {
  try {
    sessionStorage.setItem(TOKEN_KEY, value);
  } catch {
    // Without storage, the token is forgotten when the page is loaded again.
  }
  token.set(value);
  needsToken.set(false);
}

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Answer that is not a success, or no answer: then `status` is 0. */
export class ApiFailure extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Address of a route of the API, relative to the page: the page may stand under any path. */
export function apiUrl(path: string, query: Query = {}): URL {
  const url = new URL(`api/${path}`, document.baseURI);
  url.hash = '';
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
  return url;
}

/** Sends a request with the token, if any. @throws ApiFailure for everything but a success */
export async function callApi(path: string, query: Query = {}, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const bearer = token.get();
  if (bearer !== undefined) headers.set('authorization', `Bearer ${bearer}`);
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), { ...init, headers, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiFailure(0, 'The application does not answer.', 'Check that it runs and that you are online.');
  }
  if (response.ok) return response;
  if (response.status === 401) needsToken.set(true);
  throw await failureOf(response);
}

export async function getJson<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await callApi(path, query, { ...(signal && { signal }), headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

export async function postJson<T>(path: string, query: Query, header: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json', [header]: '1' };
  const response = await callApi(path, query, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

const DEFAULTS: Readonly<Record<number, readonly [message: string, fix: string]>> = {
  401: ['The API asks who you are.', 'Log in to the application, or enter a bearer token.'],
  403: ['You may not see this.', 'The guards of the explorer denied it: ask for the role that they check.'],
  404: ['It is not there.', 'It may have been removed because the list was full.'],
  429: ['There were too many requests.', 'Wait a little, then try again.'],
};

async function failureOf(response: Response): Promise<ApiFailure> {
  const { status } = response;
  const [message, fix] = DEFAULTS[status] ?? [
    `The API answered ${String(status)}.`,
    "Look into the application's log.",
  ];
  try {
    const body = (await response.json()) as Partial<ApiError> | null;
    // A guard answers with Nest's body, whose message alone says little.
    if (typeof body?.message === 'string' && typeof body.fix === 'string')
      return new ApiFailure(status, body.message, body.fix);
  } catch {
    // A proxy may answer with a page.
  }
  return new ApiFailure(status, message, fix);
}

function storedToken(): string | undefined {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
