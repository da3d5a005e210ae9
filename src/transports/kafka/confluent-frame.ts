/**
 * Frame that Confluent's serializers put around Avro: a zero byte and the registry's id of the
 * schema.
 */

const FRAME_BYTES = 5;

export function frame(schemaId: number, body: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_BYTES + body.length);
  framed[0] = 0;
  framed.writeUInt32BE(schemaId, 1);
  body.copy(framed, FRAME_BYTES);
  return framed;
}

/**
 * Encodes a string as Avro: its length in bytes (zigzag, in groups of seven bits), then its bytes.
 */
export function avroText(text: string): Buffer {
  const bytes = Buffer.from(text);
  const head: number[] = [];
  let left = bytes.length * 2;
  while (left > 0x7f) {
    head.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  return Buffer.concat([Buffer.from([...head, left]), bytes]);
}

/** Returns the schema id in a frame; undefined if there is no frame. */
export function schemaIdOf(bytes: Buffer): number | undefined {
  return bytes[0] === 0 && bytes.length > FRAME_BYTES ? bytes.readUInt32BE(1) : undefined;
}

/**
 * Returns the content of the frame, or all bytes if there is no frame. The two cannot be confused:
 * the bare Avro of an event begins with the length of its name, which is not 0.
 */
export function unframed(bytes: Buffer): Buffer {
  return bytes[0] === 0 && bytes.length > FRAME_BYTES ? bytes.subarray(FRAME_BYTES) : bytes;
}
