import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import { SendFailedException, type Destination, type EventRejection } from '../../delivery/destination';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import { showValue } from '../../common/tracking-config.exception';
import { HttpClient } from './http-client';
import { checkHttpOptions, headerErrors, type HttpBackendOptions } from './http-options';

/** Content type of a body, and the function that creates it from events. */
interface Format {
  readonly contentType: string;
  readonly bodyOf: (events: readonly IdentifiedEvent[]) => string | Uint8Array;
}

const JSON_ARRAY: Format = { contentType: 'application/json', bodyOf: (events) => JSON.stringify(events) };
const JSON_LINES: Format = {
  contentType: 'application/x-ndjson',
  bodyOf: (events) => events.map((event) => `${JSON.stringify(event)}\n`).join(''),
};

/**
 * Sends batches of events to an HTTP server, one request for each. docs/destinations/http.md
 * explains the statuses.
 * @throws TrackingConfigException with all errors in its options
 */
@Injectable()
export class HttpBackend implements Destination, OnApplicationShutdown {
  /**
   * Keeps a body, with the brackets and commas of 100 events, under 1 MiB, a common limit of
   * servers.
   */
  static readonly delivery: DeliveryOptions = { batch: { maxBytes: 1_000_000 } };

  /**
   * False if `format` or `readStatus` is an application's function, which may change the events.
   */
  readonly readsOnly: boolean;
  private readonly client: HttpClient;
  private readonly format: Format;

  constructor(@Optional() @Inject(NODE_OPTIONS) private readonly options: HttpBackendOptions) {
    checkHttpOptions(options);
    const { url, method = 'POST', format = 'json', gzip = false, keepAlive = true, agent } = options;
    const { acceptHtml: acceptsHtml = false } = options;
    this.readsOnly = typeof format !== 'function' && options.readStatus === undefined;
    this.client = new HttpClient({ url, method, gzip, keepAlive, acceptsHtml, agent });
    if (typeof format === 'function') this.format = { contentType: JSON_ARRAY.contentType, bodyOf: format };
    else this.format = format === 'json' ? JSON_ARRAY : JSON_LINES;
  }

  /**
   * Creates the instance that is injected while the backend is switched off. It opens no connection
   * before it gets events.
   */
  static idle(): HttpBackend {
    return new HttpBackend({ url: 'http://localhost' });
  }

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const { readStatus } = this.options;
    const body = this.bodyOf(events);
    const headers = { 'content-type': this.format.contentType, ...(await this.headers()) };
    const reply = await this.client.send({ body, headers, readsReply: readStatus !== undefined }, signal);
    return readStatus === undefined ? [] : this.read(reply, (parsed) => readStatus(parsed, events) ?? []);
  }

  /**
   * Closes idle connections. Nest calls this after the drain, because deeper modules are closed
   * later.
   */
  onApplicationShutdown(): void {
    this.client.close();
  }

  private bodyOf(events: readonly IdentifiedEvent[]): string | Uint8Array {
    try {
      return this.format.bodyOf(events);
    } catch (cause) {
      throw this.failure('format', cause, false);
    }
  }

  private async headers(): Promise<Record<string, string>> {
    const { headers = {} } = this.options;
    if (typeof headers !== 'function') return inLowerCase(headers);
    const given = await asked(headers).catch((cause: unknown) => {
      throw this.failure('headers', cause, true);
    });
    const [error] = headerErrors(given);
    if (error !== undefined) throw SendFailedException.create({ reason: `headers(): ${error}`, retryable: true });
    return inLowerCase(given);
  }

  private read(reply: string, readStatus: (parsed: unknown) => readonly EventRejection[]): readonly EventRejection[] {
    let parsed: unknown;
    try {
      parsed = reply === '' ? undefined : JSON.parse(reply);
    } catch {
      // Leaves out the parser's message, which quotes the reply.
      throw SendFailedException.create({ reason: `${this.client.place}: the reply is not JSON`, retryable: true });
    }
    let rejections: unknown;
    try {
      rejections = readStatus(parsed);
    } catch (cause) {
      throw this.failure('readStatus', cause, true);
    }
    if (Array.isArray(rejections)) return rejections as readonly EventRejection[];
    // A promise ignored here would accept all events.
    const reason = `readStatus gave ${showValue(rejections)}, not a list`;
    throw SendFailedException.create({ reason, retryable: true });
  }

  /**
   * Creates the error for a failed application function. The reason leaves out its message, which
   * may quote the event.
   */
  private failure(option: string, cause: unknown, retryable: boolean): SendFailedException {
    const kind = cause instanceof Error ? cause.name : 'a value that is not an error';
    return SendFailedException.create({ reason: `${option} threw ${kind}`, retryable, cause });
  }
}

/** Calls a function so that an error it throws becomes a rejection. */
async function asked<T>(give: () => T | Promise<T>): Promise<T> {
  return give();
}

function inLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
