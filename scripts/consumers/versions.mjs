// @ts-check
import { dev } from '../packed/application.mjs';

/** The versions of Nest that the package supports, as an application would name them. */
export const nest11 = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@nestjs/platform-fastify': '11.2.8',
  'nestjs-cls': '6.3.1',
  'reflect-metadata': dev['reflect-metadata'],
  rxjs: dev.rxjs,
};

export const nest12 = {
  ...nest11,
  '@nestjs/common': dev['@nestjs/common'],
  '@nestjs/core': dev['@nestjs/core'],
  '@nestjs/platform-express': dev['@nestjs/platform-express'],
  '@nestjs/platform-fastify': dev['@nestjs/platform-fastify'],
};

/** Some of a set of versions. */
export function only(versions, ...names) {
  return Object.fromEntries(names.map((name) => [name, versions[name]]));
}

export const BASICS = ['@nestjs/common', '@nestjs/core', 'nestjs-cls', 'reflect-metadata', 'rxjs'];
