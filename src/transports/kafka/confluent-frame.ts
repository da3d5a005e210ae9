/** The frame that Confluent's serializers put around Avro: a zero, and the id under which a registry has the schema. */

const FRAME_BYTES = 5;

export function frame(schemaId: number, body: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(FRAME_BYTES + body.length);
  framed[0] = 0;
  framed.writeUInt32BE(schemaId, 1);
  body.copy(framed, FRAME_BYTES);
  return framed;
}

/** A text as Avro: its length in bytes, zigzag and in sevens of bits, and its bytes. */
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

/** Id of the schema that a frame names; undefined if there is no frame. */
export function schemaIdOf(bytes: Buffer): number | undefined {
  return bytes[0] === 0 && bytes.length > FRAME_BYTES ? bytes.readUInt32BE(1) : undefined;
}

/** What is in the frame; all, where there is none. Bare Avro of an event begins with the length of its name, which is not 0. */
export function unframed(bytes: Buffer): Buffer {
  return bytes[0] === 0 && bytes.length > FRAME_BYTES ? bytes.subarray(FRAME_BYTES) : bytes;
}
