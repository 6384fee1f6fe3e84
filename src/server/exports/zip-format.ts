import type { Instant } from '#server/platform/clock.ts'

/** One file of a package as its zip headers describe it. Sizes and offsets in bytes. */
export interface ZipEntry {
  readonly name: string
  readonly compressed: boolean
  readonly crc32: number
  readonly storedSize: number
  readonly size: number
  /** Where the local header starts. */
  readonly offset: number
}

/*
 * The zip file format (PKWARE APPNOTE 6.3.10), narrowed to one form, so that writer and verifier make every header from
 * the same facts and the verifier compares bytes: UTF-8 names, deflate or stored, sizes in a data descriptor, one time
 * for all files, no extra fields but zip64's, no comments, nothing between, before or behind.
 */
const signature = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
}
const madeByUnix = (3 << 8) | 63
const regularFile = (0o100644 << 16) >>> 0
const flags = (1 << 3) | (1 << 11)
const limit32 = 0xffffffff
export const endSize = 22
export const end64Size = 56 + 20

export function localHeader(entry: Pick<ZipEntry, 'name' | 'compressed'>, at: Instant): Buffer {
  const name = Buffer.from(entry.name)
  const header = Buffer.alloc(30)
  const { date, time } = dosDateTime(at)
  header.writeUInt32LE(signature.local, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(entry.compressed ? 8 : 0, 8)
  header.writeUInt16LE(time, 10)
  header.writeUInt16LE(date, 12)
  header.writeUInt16LE(name.length, 26)
  return Buffer.concat([header, name])
}

/** Follows the data, because sizes and checksum are known only then. */
export function dataDescriptor(entry: ZipEntry): Buffer {
  const wide = isZip64(entry)
  const descriptor = Buffer.alloc(wide ? 24 : 16)
  descriptor.writeUInt32LE(signature.descriptor, 0)
  descriptor.writeUInt32LE(entry.crc32, 4)
  if (wide) {
    descriptor.writeBigUInt64LE(BigInt(entry.storedSize), 8)
    descriptor.writeBigUInt64LE(BigInt(entry.size), 16)
  } else {
    descriptor.writeUInt32LE(entry.storedSize, 8)
    descriptor.writeUInt32LE(entry.size, 12)
  }
  return descriptor
}

export function centralRecord(entry: ZipEntry, at: Instant): Buffer {
  const name = Buffer.from(entry.name)
  const wide = isZip64(entry)
  const record = Buffer.alloc(46)
  const { date, time } = dosDateTime(at)
  record.writeUInt32LE(signature.central, 0)
  record.writeUInt16LE(madeByUnix, 4)
  record.writeUInt16LE(wide ? 45 : 20, 6)
  record.writeUInt16LE(flags, 8)
  record.writeUInt16LE(entry.compressed ? 8 : 0, 10)
  record.writeUInt16LE(time, 12)
  record.writeUInt16LE(date, 14)
  record.writeUInt32LE(entry.crc32, 16)
  record.writeUInt32LE(wide ? limit32 : entry.storedSize, 20)
  record.writeUInt32LE(wide ? limit32 : entry.size, 24)
  record.writeUInt16LE(name.length, 28)
  record.writeUInt16LE(wide ? 28 : 0, 30)
  record.writeUInt32LE(regularFile, 38)
  record.writeUInt32LE(wide ? limit32 : entry.offset, 42)
  return Buffer.concat([record, name, wide ? zip64Extra(entry) : Buffer.alloc(0)])
}

/** What stands behind the central directory: zip64's two records where they are needed, then the end. */
export function endRecords(count: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(endSize)
  end.writeUInt32LE(signature.end, 0)
  if (offset < limit32) {
    end.writeUInt16LE(count, 8)
    end.writeUInt16LE(count, 10)
    end.writeUInt32LE(size, 12)
    end.writeUInt32LE(offset, 16)
    return end
  }
  end.fill(0xff, 8, 20)
  const wide = Buffer.alloc(end64Size)
  wide.writeUInt32LE(signature.end64, 0)
  wide.writeBigUInt64LE(44n, 4)
  wide.writeUInt16LE(madeByUnix, 12)
  wide.writeUInt16LE(45, 14)
  wide.writeBigUInt64LE(BigInt(count), 24)
  wide.writeBigUInt64LE(BigInt(count), 32)
  wide.writeBigUInt64LE(BigInt(size), 40)
  wide.writeBigUInt64LE(BigInt(offset), 48)
  wide.writeUInt32LE(signature.locator64, 56)
  wide.writeBigUInt64LE(BigInt(offset + size), 64)
  wide.writeUInt32LE(1, 72)
  return Buffer.concat([wide, end])
}

/** Where the directory lies, from the last bytes of a file; `undefined` when they are not the end of such a zip. */
export function readEnd(tail: Buffer): { count: number; offset: number; size: number } | undefined {
  const end = tail.subarray(-endSize)
  if (end.length < endSize || end.readUInt32LE(0) !== signature.end) return undefined
  if (end.readUInt32LE(16) !== limit32)
    return { count: end.readUInt16LE(10), size: end.readUInt32LE(12), offset: end.readUInt32LE(16) }
  const wide = tail.subarray(-endSize - end64Size, -endSize)
  if (wide.length < end64Size || wide.readUInt32LE(0) !== signature.end64) return undefined
  return {
    count: Number(wide.readBigUInt64LE(32)),
    size: Number(wide.readBigUInt64LE(40)),
    offset: Number(wide.readBigUInt64LE(48)),
  }
}

/** The entries of a central directory, as far as they can be read; the caller rebuilds the bytes to compare them. */
export function readDirectory(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = []
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === signature.central;) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28)
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30)
    if (extraEnd > directory.length) break
    const wide = directory.readUInt32LE(at + 42) === limit32 && extraEnd - nameEnd === 28
    const wideAt = (offset: number) => Number(directory.readBigUInt64LE(nameEnd + offset))
    entries.push({
      name: directory.toString('utf8', at + 46, nameEnd),
      compressed: directory.readUInt16LE(at + 10) !== 0,
      crc32: directory.readUInt32LE(at + 16),
      storedSize: wide ? wideAt(12) : directory.readUInt32LE(at + 20),
      size: wide ? wideAt(4) : directory.readUInt32LE(at + 24),
      offset: wide ? wideAt(20) : directory.readUInt32LE(at + 42),
    })
    at = extraEnd
  }
  return entries
}

function isZip64(entry: ZipEntry): boolean {
  return entry.size >= limit32 || entry.storedSize >= limit32 || entry.offset >= limit32
}

function zip64Extra(entry: ZipEntry): Buffer {
  const extra = Buffer.alloc(28)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(24, 2)
  extra.writeBigUInt64LE(BigInt(entry.size), 4)
  extra.writeBigUInt64LE(BigInt(entry.storedSize), 12)
  extra.writeBigUInt64LE(BigInt(entry.offset), 20)
  return extra
}

/** MS-DOS date and time, in UTC on every machine. */
function dosDateTime(at: Instant): { date: number; time: number } {
  const on = new Date(at)
  const date = ((on.getUTCFullYear() - 1980) << 9) | ((on.getUTCMonth() + 1) << 5) | on.getUTCDate()
  const time = (on.getUTCHours() << 11) | (on.getUTCMinutes() << 5) | (on.getUTCSeconds() >> 1)
  return { date: date & 0xffff, time: time & 0xffff }
}
