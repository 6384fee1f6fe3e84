import { crc32, deflateSync } from 'node:zlib'

const width = 960
const height = 540

type Colour = readonly [red: number, green: number, blue: number]
const skies: readonly (readonly [Colour, Colour])[] = [
  [
    [27, 79, 138],
    [138, 184, 236],
  ],
  [
    [91, 58, 150],
    [244, 196, 160],
  ],
  [
    [11, 95, 107],
    [214, 236, 214],
  ],
]

/** A PNG of a town under a morning sky: the same for the same number, and drawn here, so that nobody else's picture is used. */
export function drawPicture(seed: number): Uint8Array<ArrayBuffer> {
  const [top, bottom] = skies[seed % skies.length]!
  const houses = Array.from({ length: 24 }, (_, at) => 90 + ((seed * 37 + at * at * 53 + at * 29) % 190))
  const rows = Buffer.alloc(height * (1 + width * 3))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const house = Math.floor((x * houses.length) / width)
      const belowRoof = y - height + houses[house]!
      const colour = belowRoof >= 0 ? wall(x, belowRoof, house, top) : mix(top, bottom, y / height)
      rows.set(colour, y * (1 + width * 3) + 1 + x * 3)
    }
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // eight bits of red, green and blue each
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Uint8Array.from(
    Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]),
  )
}

/** A dark front, here and there with a window that is lit. */
function wall(x: number, y: number, house: number, sky: Colour): Colour {
  const isWindow = x % 20 > 5 && x % 20 < 15 && y % 30 > 12 && y % 30 < 24
  const isLit = (Math.floor(x / 20) ** 2 * 7 + Math.floor(y / 30) ** 2 * 5 + house) % 6 === 0
  return isWindow && isLit ? [255, 226, 160] : mix(sky, [10, 18, 30], 0.55 + (house % 3) * 0.12)
}

function mix(one: Colour, other: Colour, share: number): Colour {
  const part = (at: 0 | 1 | 2) => Math.round(one[at] + (other[at] - one[at]) * share)
  return [part(0), part(1), part(2)]
}

/** PNG, third edition, section 5.3: length, name, content, checksum over the last two. */
function chunk(name: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(content.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
