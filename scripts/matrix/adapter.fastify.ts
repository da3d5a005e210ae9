import { FastifyAdapter } from '@nestjs/platform-fastify';

// Fastify numbers its requests itself unless told which header has the id, and the id that a
// request already has is the one we take.
export const adapter = new FastifyAdapter({ requestIdHeader: 'x-request-id' });
