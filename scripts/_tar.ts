/** Reads and changes tar archives (ustar): each file is a header of one block, and its content in whole blocks. */

const BLOCK = 512;

/** Where the fields of a header are: name, size and checksum, the numbers in octal. */
const NAME_END = 100;
const SIZE = { offset: 124, digits: 11 };
const CHECKSUM = { offset: 148, digits: 6, length: 8 };

interface Entry {
  readonly name: string;
  readonly header: Buffer;
  readonly content: Buffer;
  /** Header and content with its padding. */
  readonly blocks: Buffer;
}

/** The sum of the sizes of all files, in bytes. */
export function unpackedSize(archive: Buffer): number {
  return entriesOf(archive).reduce((total, { content }) => total + content.byteLength, 0);
}

/** Returns the archive with another text in one of its files. */
export function replaceFile(archive: Buffer, name: string, edit: (text: string) => string): Buffer {
  const entries = entriesOf(archive);
  if (!entries.some((entry) => entry.name === name)) throw new Error(`there is no ${name} in the archive`);
  const blocks = entries.map((entry) => (entry.name === name ? withContent(entry, edit) : entry.blocks));
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function withContent({ header, content }: Entry, edit: (text: string) => string): Buffer {
  const edited = Buffer.from(edit(content.toString()));
  const changed = Buffer.from(header);
  changed.write(edited.byteLength.toString(8).padStart(SIZE.digits, "0"), SIZE.offset, "latin1");
  // The checksum is the sum of the bytes of the header, with blanks in its own place.
  changed.fill(" ", CHECKSUM.offset, CHECKSUM.offset + CHECKSUM.length);
  const sum = changed.reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(CHECKSUM.digits, "0")}\0 `, CHECKSUM.offset, "latin1");
  return Buffer.concat([changed, edited, Buffer.alloc(paddingOf(edited.byteLength))]);
}

function entriesOf(archive: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let offset = 0; offset < archive.length && archive[offset] !== 0; ) {
    const header = archive.subarray(offset, offset + BLOCK);
    const size = Number.parseInt(header.toString("latin1", SIZE.offset, SIZE.offset + SIZE.digits), 8);
    const end = offset + BLOCK + size;
    const next = end + paddingOf(size);
    const name = header.toString("latin1", 0, NAME_END).replace(/\0.*$/s, "");
    entries.push({
      name,
      header,
      content: archive.subarray(offset + BLOCK, end),
      blocks: archive.subarray(offset, next),
    });
    offset = next;
  }
  return entries;
}

/** The number of bytes that fill the last block. */
function paddingOf(size: number): number {
  return -size & (BLOCK - 1);
}
