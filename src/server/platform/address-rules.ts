import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Where an address lies: out in the world, in somebody's own network, or nowhere that a server may stand. */
export type AddressKind = 'public' | 'private' | 'forbidden'

/** Loopback, private and shared networks (RFC 1918, RFC 6598, RFC 4193): reachable when the operator allows it. */
const privateV4 = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
const privateV6 = ['::1/128', 'fc00::/7']

/**
 * Never reachable, whatever is configured: "this host", link-local (cloud metadata lives there), multicast, reserved,
 * documentation and benchmarking ranges of the IANA special-purpose registries.
 */
const forbiddenV4 = [
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** Parts of the global unicast range that wrap an IPv4 address (Teredo, 6to4) or document. */
const forbiddenV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const privateRanges = blockList(privateV4, privateV6)
const forbiddenRanges = blockList(forbiddenV4, forbiddenV6)
const globalUnicast = blockList([], ['2000::/3'])
const mappedV4 = blockList([], ['::ffff:0:0/96'])

function blockList(v4: readonly string[], v6: readonly string[]): BlockList {
  const list = new BlockList()
  for (const [family, ranges] of [['ipv4', v4] as const, ['ipv6', v6] as const]) {
    for (const range of ranges) {
      const [net = '', bits = ''] = range.split('/')
      list.addSubnet(net, Number(bits), family)
    }
  }
  return list
}

/**
 * Classifies an IP address in text form. An IPv4 address wrapped in IPv6 (`::ffff:127.0.0.1`) is what it wraps;
 * everything in IPv6 outside the global unicast range is forbidden or private, never public.
 */
export function addressKind(address: string): AddressKind {
  if (isIPv4(address)) return kindIn(address, 'ipv4')
  if (!isIPv6(address)) return 'forbidden'
  if (mappedV4.check(address, 'ipv6')) return kindIn(wrappedV4(address), 'ipv4')
  if (privateRanges.check(address, 'ipv6')) return 'private'
  return globalUnicast.check(address, 'ipv6') ? kindIn(address, 'ipv6') : 'forbidden'
}

function kindIn(address: string, family: 'ipv4' | 'ipv6'): AddressKind {
  if (forbiddenRanges.check(address, family)) return 'forbidden'
  return privateRanges.check(address, family) ? 'private' : 'public'
}

/** The last 32 bits of an IPv4-mapped address; the URL parser writes every form of it as `[::ffff:7f00:1]`. */
function wrappedV4(address: string): string {
  const host = new URL(`http://[${address.replace(/%.*$/, '')}]/`).hostname
  const [high = '0', low = '0'] = host.slice('[::ffff:'.length, -1).split(':')
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16)
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.')
}
