import type { StreamMessage } from '../../api';
import { ApiFailure, callApi, type Query } from './api-client';
import { SseParser } from './sse-parser';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;
/** The server sends something every second: a connection this silent is taken for broken. */
const SILENCE_MS = 10_000;

export interface StreamListener {
  message(message: StreamMessage): void;
  /** The connection ended or failed; it is tried again in `inMs`. */
  retrying(failure: ApiFailure | undefined, inMs: number): void;
  /** The server denied it: trying again would not help. */
  stopped(failure: ApiFailure): void;
}

/**
 * Follows `GET api/stream` by fetch, because EventSource can send no bearer token. Reconnects with
 * growing delays until it is closed.
 */
export class EventStream {
  readonly #closing = new AbortController();
  #wake: (() => void) | undefined;
  #delayMs = FIRST_DELAY_MS;

  constructor(
    private readonly query: Query,
    private readonly listener: StreamListener,
  ) {
    addEventListener('online', this.retryNow);
    void this.#run();
  }

  readonly retryNow = (): void => {
    this.#wake?.();
  };

  close(): void {
    removeEventListener('online', this.retryNow);
    this.#closing.abort();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed()) {
      let failure: ApiFailure | undefined;
      try {
        await this.#connect();
      } catch (error) {
        if (error instanceof ApiFailure) failure = error;
      }
      if (this.#isClosed()) return;
      if (failure && failure.status >= 400 && failure.status < 500 && failure.status !== 429) {
        this.listener.stopped(failure);
        return;
      }
      const inMs = Math.round(this.#delayMs * (0.75 + Math.random() / 2));
      this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
      this.listener.retrying(failure, inMs);
      await this.#wait(inMs);
    }
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #connect(): Promise<void> {
    const connection = new AbortController();
    const signal = AbortSignal.any([connection.signal, this.#closing.signal]);
    let silence = 0;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        connection.abort();
      }, SILENCE_MS);
    };
    listen();
    try {
      const response = await callApi('stream', this.query, { signal, headers: { accept: 'text/event-stream' } });
      if (!response.body) return;
      const parser = new SseParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        listen();
        for (const { data } of parser.push(read.value)) this.#receive(data);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #receive(data: string): void {
    const message = JSON.parse(data) as StreamMessage;
    if (message.type === 'hello') this.#delayMs = FIRST_DELAY_MS;
    if (!this.#isClosed()) this.listener.message(message);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
