import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { roles as knownRoles } from '#shared/permissions.ts'
import { parseWitnessKey } from '#shared/tlog/cosignature.ts'
import type { Witness } from './anchors.ts'

// Parsers of single settings: each throws a fragment that reads on from the setting's name. None repeats a secret.

export function parseInteger(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
    throw new Error(`must be a whole number from ${minimum} to ${maximum}, not "${text}"`)
  }
}

export function parseFlag(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw new Error(`must be true or false, not "${text}"`)
}

export function parseOneOf<const T extends string>(choices: readonly T[]) {
  return (text: string): T => {
    const found = choices.find((choice) => choice === text)
    if (found !== undefined) return found
    throw new Error(`must be one of ${choices.join(', ')}, not "${text}"`)
  }
}

export function parseRoles(text: string): ('serve' | 'work')[] {
  return text.split(',').map((part) => parseOneOf(['serve', 'work'])(part.trim()))
}

/** An address of the web. Plain http is for loopback alone: sign-in and cookies would be readable on the way. */
export function parseWebAddress(text: string): string {
  const url = parseUrl(text)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))
    return text.replace(/\/+$/, '')
  throw new Error('must start with https:// (http:// only on localhost)')
}

/** Where people open the gateway: the root of a host, because pages, cookies and sign-in stand below it. */
export function parsePublicUrl(text: string): string {
  const address = parseWebAddress(text)
  const { origin } = new URL(address)
  if (address === origin) return address
  throw new Error(`must be an address without a path, like ${origin}: give the gateway a host name of its own`)
}

/** The issuer as the provider's own documents name it. */
export function parseIssuer(text: string): string {
  const address = parseWebAddress(text)
  if (!address.includes('/.well-known/')) return address
  throw new Error(`must be the issuer itself: ${address.split('/.well-known/')[0]}`)
}

/** An address inside the firm's own network, where plain http is the operator's choice. */
export function parseEndpoint(text: string): string {
  const url = parseUrl(text)
  if (url.protocol === 'https:' || url.protocol === 'http:') return text
  throw new Error('must start with https:// or http://')
}

export function parseDatabaseUrl(text: string): string {
  const url = parseUrl(text)
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw new Error('must start with postgres://')
  if (url.username === '') throw new Error('must name the role: postgres://role:password@host:5432/database')
  if (url.pathname.length < 2) throw new Error('must name the database: postgres://role:password@host:5432/database')
  return text
}

/** Addresses and networks of the proxies in front, separated by commas. */
export function parseAddresses(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim())
  for (const part of parts) {
    const [address = '', prefix, ...more] = part.split('/')
    const version = isIP(address)
    const bits = prefix === undefined ? 0 : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
    if (version === 0 || more.length > 0 || bits > (version === 4 ? 32 : 128))
      throw new Error(`must be addresses or networks like 10.0.0.5 or 10.0.0.0/8, not "${part}"`)
  }
  return parts
}

/** 32 bytes as base64 or hex. */
export function parseKey(text: string): Buffer {
  const bytes = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64')
  if (bytes.length === 32) return bytes
  throw new Error('must be 32 bytes in base64 or hex; make one with "openssl rand -base64 32"')
}

/** A PKCS8 PEM of an Ed25519 key; a variable may write its line ends as \n. */
export function parseSigningKey(text: string): string {
  const pem = text.replaceAll('\\n', '\n')
  if (keyType(pem) === 'ed25519') return pem
  throw new Error('must be an Ed25519 private key in PKCS8 PEM; make one with "openssl genpkey -algorithm ed25519"')
}

export function parseClientKey(text: string): string {
  const pem = text.replaceAll('\\n', '\n')
  if (keyType(pem) !== undefined) return pem
  throw new Error('must be a private key in PKCS8 PEM')
}

/** A token that nobody guesses. */
export function parseBearerToken(text: string): string {
  if (text.length >= 32 && !/\s/.test(text)) return text
  throw new Error('must have at least 32 characters without spaces; make one with "openssl rand -hex 32"')
}

/** `{"group": ["role", "role@unit"]}`. */
export function parseGroupRoles(text: string): Record<string, string[]> {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(groupRolesForm)
  return Object.fromEntries(Object.entries(value).map(([group, roles]) => [group, checkRoles(group, roles)]))
}

const groupRolesForm = 'must be JSON like {"Compliance": ["reviewer"], "Paris staff": ["author@paris"]}'

function checkRoles(group: string, roles: unknown): string[] {
  if (!Array.isArray(roles) || !roles.every((role) => typeof role === 'string')) throw new Error(groupRolesForm)
  const unknown = roles.find((role) => !knownRoles.some((known) => known === role.split('@')[0]))
  if (unknown !== undefined) throw new Error(`gives "${group}" the role "${unknown}", which does not exist`)
  return roles
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(groupRolesForm)
  }
}

/** `<verifier key> <address>`, several with commas between. */
export function parseWitnesses(text: string): Witness[] {
  return text.split(',').map((pair) => {
    const [verifierKey = '', url = '', ...more] = pair.trim().split(/\s+/)
    if (url === '' || more.length > 0)
      throw new Error('must be "<verifier key> <address>", several with commas between')
    try {
      parseWitnessKey(verifierKey)
    } catch (error) {
      throw new Error(`names a key that is none: ${error instanceof Error ? error.message : ''}`, { cause: error })
    }
    return { verifierKey, url: parseEndpoint(url) }
  })
}

/** Certificates in PEM; a variable may write its line ends as \n. */
export function parseCertificates(text: string): string {
  const pem = text.replaceAll('\\n', '\n')
  try {
    void new X509Certificate(pem)
    return pem
  } catch {
    throw new Error('must be certificates in PEM')
  }
}

function parseUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error('must be an address (URL)')
  return new URL(text)
}

/** Loopback names and addresses. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '[::1]'
}

function keyType(pem: string): string | undefined {
  try {
    return createPrivateKey(pem).asymmetricKeyType
  } catch {
    return undefined
  }
}
