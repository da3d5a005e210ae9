// @ts-check
// Does a server answer, in its own protocol: one that was stopped (SIGSTOP) still accepts
// connections.
import { connect } from 'node:net';

/**
 * `{ hello: 1, $db: 'admin' }` as an OP_MSG:
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
function hello() {
  const document = Buffer.from('\0\0\0\0\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0', 'latin1');
  document.writeInt32LE(document.length, 0);
  const head = Buffer.alloc(21); // length, request, answered request, operation, flags; then the kind of the one section
  head.writeInt32LE(head.length + document.length, 0);
  head.writeInt32LE(1, 4);
  head.writeInt32LE(2013, 12);
  return Buffer.concat([head, document]);
}

/**
 * ApiVersions, the first words of every client:
 * https://kafka.apache.org/protocol#The_Messages_ApiVersions
 */
function apiVersions() {
  const request = Buffer.alloc(14); // length, key 18, version 0, correlation 1, no name
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(18, 4);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(-1, 12);
  return request;
}

/**
 * A StartupMessage, to which a server that starts, or recovers, answers with an error:
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function startup() {
  const text = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8); // length, version 3.0
  head.writeInt32BE(head.length + text.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, text]);
}

const conversations = {
  redis: { say: 'PING\r\n', isAnswer: (bytes) => /^[+-]/.test(bytes.toString('latin1')) }, // an error is an answer: NOAUTH
  mongo: { say: hello(), isAnswer: (bytes) => bytes.length >= 16 && bytes.readInt32LE(12) === 2013 },
  postgres: { say: startup(), isAnswer: (bytes) => bytes.toString('latin1', 0, 1) === 'R' }, // logged in, or asked to
  toxiproxy: {
    say: 'GET /version HTTP/1.0\r\n\r\n',
    isAnswer: (bytes) => bytes.toString('latin1').startsWith('HTTP/'),
  },
  // The port is open before the API answers.
  registry: {
    say: 'GET /apis/ccompat/v7/subjects HTTP/1.0\r\n\r\n',
    isAnswer: (bytes) => /^HTTP\/1\.\d 200/.test(bytes.toString('latin1')),
  },
  lrs: {
    say: 'GET /__lbheartbeat__ HTTP/1.0\r\n\r\n',
    isAnswer: (bytes) => /^HTTP\/1\.\d 200/.test(bytes.toString('latin1')),
  },
  kafka: { say: apiVersions(), isAnswer: (bytes) => bytes.length >= 10 && bytes.readInt32BE(4) === 1 },
};

/** Why the server on that port of 127.0.0.1 gives no answer; undefined if it does. */
export const silenceOf = (name, port) => silence({ host: '127.0.0.1', port }, conversations[name]);

/**
 * Why nothing takes connections at a URL of the environment; undefined if something does, or if the
 * URL does not tell where.
 */
export function silenceAt(url) {
  const where = addressOf(url);
  return where && silence(where);
}

/**
 * The first host of a URL that may name several, or of a list of brokers; none for `mongodb+srv:`,
 * which is a question to DNS.
 */
export function addressOf(url) {
  if (url.startsWith('/')) return { path: url };
  const [, broker, brokerPort] = /^([^/:,@]+|\[[^\]]+\]):(\d+)(?:,|$)/.exec(url) ?? [];
  if (broker) return { host: broker.replace(/^\[|\]$/g, ''), port: Number(brokerPort) };
  const [, scheme, host, port] = /^([a-z+]+):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/,?]+)(?::(\d+))?/i.exec(url) ?? [];
  const usual = {
    'redis:': 6379,
    'rediss:': 6379,
    'mongodb:': 27017,
    'postgres:': 5432,
    'postgresql:': 5432,
    'http:': 80,
    'https:': 443,
  }[`${scheme}:`];
  return usual && host && { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? usual) };
}

function silence(where, conversation, deadlineMs = 2000) {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const socket = connect(where);
    const done = (reason) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reason);
    };
    const timer = setTimeout(() => done(`no answer within ${deadlineMs / 1000} s`), deadlineMs);
    socket.on('error', (/** @type {NodeJS.ErrnoException} */ error) => done(error.code ?? error.message));
    socket.on('close', () => done('the connection was closed without an answer'));
    socket.on('connect', () => (conversation ? socket.write(conversation.say) : done(undefined)));
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (conversation?.isAnswer(heard)) done(undefined);
    });
  });
}

/** A URL as it may be shown. */
export const withoutPassword = (url) => url.replace(/^([a-z+]+:\/\/)[^@/]*@/i, '$1***@');
