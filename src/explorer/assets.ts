import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { failure, type Reply } from './explorer-reply';

/** What the build writes beside the assets. */
interface Manifest {
  readonly html: string;
  readonly files: readonly { readonly name: string; readonly type: string; readonly etag: string }[];
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly zipped: Buffer;
}

/** Headers of a request that decide how an asset is answered. */
export interface AssetRequest {
  readonly acceptEncoding: string;
  readonly ifNoneMatch: string;
}

/**
 * The page with its scripts, styles and icon, read when they are needed for the first time. The
 * names of the files contain a hash of their content, so that a browser may keep them for ever.
 */
export class Assets {
  private loaded: { readonly html: string; readonly files: ReadonlyMap<string, Asset> } | undefined;

  /** @param folder folder that scripts/build-explorer.mjs has written */
  constructor(private readonly folder: string) {}

  /** The page. It has no inline script or style, so that any content security policy allows it. */
  page(): Reply {
    const { html } = this.load();
    return { headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }, body: html };
  }

  /** Answers the request of one file. */
  reply(name: string, { acceptEncoding, ifNoneMatch }: AssetRequest): Reply {
    const asset = this.load().files.get(name);
    if (asset === undefined) return failure(404, 'There is no such file.', 'Reload the page.');
    const { type, etag, zipped } = asset;
    const headers = {
      ...{ 'Cache-Control': 'private, max-age=31536000, immutable', ETag: etag, Vary: 'Accept-Encoding' },
    };
    if (matches(ifNoneMatch, etag)) return { status: 304, headers, body: '' };
    if (!acceptsGzip(acceptEncoding))
      return { headers: { ...headers, 'Content-Type': type }, body: gunzipSync(zipped) };
    return { headers: { ...headers, 'Content-Type': type, 'Content-Encoding': 'gzip' }, body: zipped };
  }

  private load(): NonNullable<Assets['loaded']> {
    if (this.loaded !== undefined) return this.loaded;
    const { html, files } = JSON.parse(readFileSync(join(this.folder, 'manifest.json'), 'utf8')) as Manifest;
    const assets = files.map(({ name, type, etag }): [string, Asset] => [
      name,
      { type, etag, zipped: readFileSync(join(this.folder, `${name}.gz`)) },
    ]);
    return (this.loaded = { html, files: new Map(assets) });
  }
}

/** @param header value of If-None-Match: `*`, or tags that may begin with `W/` */
function matches(header: string, etag: string): boolean {
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

function acceptsGzip(header: string): boolean {
  const encodings = header.split(',').map((each) => each.trim().toLowerCase());
  return encodings.some((each) => /^(?:x-)?gzip(?:$|\s*;)/.test(each) && !/;\s*q=0(?:\.0*)?$/.test(each));
}
