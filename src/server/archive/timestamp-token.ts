import { hash, X509Certificate } from 'node:crypto'
import { Integer, OctetString } from 'asn1js'
import {
  AlgorithmIdentifier,
  Certificate,
  ExtKeyUsage,
  MessageImprint,
  SignedData,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs'
import { toInstant, type Instant } from '#server/platform/clock.ts'

const sha256Id = '2.16.840.1.101.3.4.2.1'
const timeStampingId = '1.3.6.1.5.5.7.3.8'
const extendedKeyUsageId = '2.5.29.37'
const signingCertificateV1Id = '1.2.840.113549.1.9.16.2.12'
const signingCertificateV2Id = '1.2.840.113549.1.9.16.2.47'

/** What an authority says in a token that holds. */
export interface Timestamp {
  readonly at: Instant
  /** The subject of the certificate that signed. */
  readonly authority: string
}

/** The request for a timestamp of some bytes (RFC 3161 section 2.4.1), with a nonce and for the certificate too. */
export function makeTimestampRequest(bytes: Uint8Array, nonce: Uint8Array): Uint8Array {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256Id }),
      hashedMessage: new OctetString({ valueHex: toArrayBuffer(hash('sha256', bytes, 'buffer')) }),
    }),
    nonce: new Integer({ valueHex: toArrayBuffer(positive(nonce)) }),
    certReq: true,
  })
  return new Uint8Array(request.toSchema().toBER(false))
}

/**
 * Verifies the answer of an authority (RFC 3161 section 2.4.2) against the stamped bytes and the certificates that it
 * must lead to; without certificates only that the token fits the bytes and itself. Throws `RangeError` that says what
 * is wrong. `nonce` is checked when it is known, which is when the answer arrives.
 */
export async function openTimestamp(
  answer: Uint8Array,
  bytes: Uint8Array,
  trust: { readonly certificates?: string | undefined; readonly nonce?: Uint8Array | undefined } = {},
): Promise<Timestamp> {
  const { signed, info } = readToken(answer)
  if (info.messageImprint.hashAlgorithm.algorithmId !== sha256Id)
    throw new RangeError('The timestamp is over another hash than SHA-256.')
  if (!bytesOf(info.messageImprint.hashedMessage).equals(hash('sha256', bytes, 'buffer')))
    throw new RangeError('The timestamp is of other bytes.')
  if (trust.nonce !== undefined && !(info.nonce !== undefined && bytesOf(info.nonce).equals(positive(trust.nonce))))
    throw new RangeError('The timestamp answers another request.')
  const signer = await checkSignature(signed, info, bytes, trust.certificates)
  checkSigner(signed, signer)
  return { at: toInstant(info.genTime.getTime()), authority: new X509Certificate(der(signer)).subject }
}

function readToken(answer: Uint8Array): { signed: SignedData; info: TSTInfo } {
  try {
    const response = TimeStampResp.fromBER(toArrayBuffer(answer))
    const status: number = response.status.status
    if (status > 1 || response.timeStampToken === undefined)
      throw new RangeError(`The authority refused the timestamp (status ${status}).`)
    const signed = new SignedData({ schema: response.timeStampToken.content })
    const content = signed.encapContentInfo.eContent
    if (content === undefined || signed.signerInfos.length !== 1) throw new RangeError('The timestamp has no signer.')
    return { signed, info: TSTInfo.fromBER(content.getValue()) }
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new RangeError('The answer of the authority is not a timestamp.', { cause: error })
  }
}

async function checkSignature(
  signed: SignedData,
  info: TSTInfo,
  bytes: Uint8Array,
  certificates: string | undefined,
): Promise<Certificate> {
  const trustedCerts = readCertificates(certificates ?? '')
  // The authority's own certificate may be named as trusted instead of being sent along.
  const chain = { checkChain: trustedCerts.length > 0, checkDate: info.genTime, trustedCerts }
  const result = await signed
    .verify({ signer: 0, data: toArrayBuffer(bytes), extendedMode: true, ...chain })
    .catch((error: unknown) => error)
  const { signatureVerified, signerCertificate } = Object(result) as {
    signatureVerified?: boolean
    signerCertificate?: Certificate | null
  }
  if (signatureVerified !== true || !(signerCertificate instanceof Certificate)) {
    const why = result instanceof Error ? `: ${result.message}` : ''
    throw new RangeError(`The signature of the timestamp does not hold, or leads to no trusted certificate${why}.`)
  }
  return signerCertificate
}

/** The certificate must be one for timestamps and nothing else, and the one that the signature itself names. */
function checkSigner(signed: SignedData, signer: Certificate): void {
  const usage = signer.extensions?.find((extension) => extension.extnID === extendedKeyUsageId)
  const purposes = usage?.parsedValue instanceof ExtKeyUsage ? usage.parsedValue.keyPurposes : []
  if (usage?.critical !== true || purposes.length !== 1 || purposes[0] !== timeStampingId)
    throw new RangeError('The certificate of the timestamp is not one of a timestamping authority.')
  const named = signed.signerInfos[0]?.signedAttrs?.attributes.find((attribute) =>
    [signingCertificateV1Id, signingCertificateV2Id].includes(attribute.type),
  )
  const algorithms = named?.type === signingCertificateV1Id ? ['sha1'] : ['sha256', 'sha384', 'sha512']
  const encoded = Buffer.from(new Uint8Array((named?.values[0] as { toBER(): ArrayBuffer } | undefined)?.toBER() ?? []))
  if (!algorithms.some((algorithm) => encoded.includes(hash(algorithm, der(signer), 'buffer'))))
    throw new RangeError('The timestamp does not name the certificate that signed it.')
}

function readCertificates(pem: string): Certificate[] {
  const blocks = pem.matchAll(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/g)
  return [...blocks].map((block) => Certificate.fromBER(toArrayBuffer(Buffer.from(block[1]!, 'base64'))))
}

function der(certificate: Certificate): Buffer {
  return Buffer.from(certificate.toSchema(true).toBER(false))
}

function bytesOf(block: { valueBlock: { valueHexView: Uint8Array } }): Buffer {
  return Buffer.from(block.valueBlock.valueHexView)
}

/** A positive ASN.1 integer: nonces are random, and their highest bit would be a sign. */
function positive(nonce: Uint8Array): Buffer {
  const bytes = Buffer.from(nonce)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
