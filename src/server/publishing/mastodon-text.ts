const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/**
 * The plain text of a status from its HTML. Servers shorten an address only by hiding parts of it, so all of it is there;
 * what they add (markup, blanks at the ends) is dropped.
 */
export function textOfStatus(html: string): string {
  const lines = html
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/p>\s*<p[^>]*>/gi, '\n\n')
    .replace(/<[^>]*>/g, '')
  return lines.replace(/&(#\d+|#x[0-9a-f]+|\w+);/gi, decodeEntity).trim()
}

function decodeEntity(all: string, name: string): string {
  if (!name.startsWith('#')) return entities[name.toLowerCase()] ?? all
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
  return code <= 0x10ffff ? String.fromCodePoint(code) : all
}

/** The same words, whatever a server did to the white space. */
export function saysTheSame(a: string, b: string): boolean {
  const normal = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim()
  return normal(a) === normal(b)
}
