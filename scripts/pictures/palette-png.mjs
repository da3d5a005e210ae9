// @ts-check
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLOURS = 256;

/**
 * Returns a picture with at most 256 colours, a third of the bytes. A page has few colours; only
 * the edges of letters have many, and the nearest frequent colour is not distinguishable there.
 * @param {Buffer} png a screenshot: 8 bits per channel, RGB or RGBA, not interlaced
 */
export function toPalette(png) {
  const { width, height, pixels } = decode(png);
  const { palette, indexOf } = paletteOf(pixels);
  const rows = Buffer.alloc(height * (width + 1)); // each row begins with its filter, which is 0: none
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows[y * (width + 1) + x + 1] = indexOf(pixels[at++] ?? 0);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // 8 bits, colours from a palette
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {number} colour 0xRRGGBB */
const channels = (colour) => [colour >> 16, (colour >> 8) & 0xff, colour & 0xff];

/** @param {Uint32Array} pixels */
function paletteOf(pixels) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const palette = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0)).slice(0, COLOURS);
  const known = new Map(palette.map((colour, index) => [colour, index]));
  const indexOf = (/** @type {number} */ colour) => {
    let index = known.get(colour);
    if (index === undefined) known.set(colour, (index = nearest(palette, colour)));
    return index;
  };
  return { palette, indexOf };
}

/**
 * @param {number[]} palette
 * @param {number} colour
 */
function nearest(palette, colour) {
  const [red = 0, green = 0, blue = 0] = channels(colour);
  let best = 0;
  let bestDistance = Infinity;
  palette.forEach((each, index) => {
    const [r = 0, g = 0, b = 0] = channels(each);
    const distance = 2 * (r - red) ** 2 + 4 * (g - green) ** 2 + 3 * (b - blue) ** 2;
    if (distance < bestDistance) [best, bestDistance] = [index, distance];
  });
  return best;
}

/** @param {Buffer} png */
function decode(png) {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channelCount = png[25] === 6 ? 4 : 3;
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const data = inflateSync(Buffer.concat(parts));
  unfilter(data, width * channelCount, height, channelCount);
  const pixels = new Uint32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) {
    let at = y * (width * channelCount + 1) + 1;
    for (let x = 0; x < width; x++, at += channelCount) pixels[pixel++] = data.readUIntBE(at, 3);
  }
  return { width, height, pixels };
}

/**
 * Undoes the filters of the rows: https://www.w3.org/TR/png-3/#9Filters
 * @param {Buffer} data
 * @param {number} rowBytes
 * @param {number} height
 * @param {number} step bytes of a pixel
 */
function unfilter(data, rowBytes, height, step) {
  const line = rowBytes + 1;
  for (let y = 0; y < height; y++) {
    const start = y * line + 1;
    const filter = data[start - 1];
    for (let x = 0; x < rowBytes; x++) {
      const at = start + x;
      const left = x < step ? 0 : (data[at - step] ?? 0);
      const up = y === 0 ? 0 : (data[at - line] ?? 0);
      const upLeft = x < step || y === 0 ? 0 : (data[at - line - step] ?? 0);
      data[at] = (data[at] ?? 0) + predicted(filter, left, up, upLeft);
    }
  }
}

/**
 * @param {number | undefined} filter
 * @param {number} left
 * @param {number} up
 * @param {number} upLeft
 */
function predicted(filter, left, up, upLeft) {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const base = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(base - left), Math.abs(base - up), Math.abs(base - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

/**
 * @param {string} type
 * @param {Buffer} content
 */
function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
