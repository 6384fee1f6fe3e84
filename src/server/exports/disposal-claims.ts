import { addMilliseconds, type Instant } from '#server/platform/clock.ts'
import { bornAt, isId } from '#server/platform/new-id.ts'
import { longestWaitMilliseconds, type Header } from './manifest.ts'

/** Bodies that a package calls disposed of, held against the certificates among its headers. */
export class DisposalClaims {
  /** Ids of the records that certify a destruction. */
  readonly #certificates = new Set<string>()
  /** By certificate, the first log index that names it. */
  readonly #claims = new Map<string, number>()

  see(header: Header): void {
    if (header.type === 'record.disposed') this.#certificates.add(header.id)
  }

  /** `disposal` is the JSON text behind `"disposed":`. */
  claim(index: number, disposal: Buffer): void {
    const certificate = certificateIn(disposal)
    if (!this.#claims.has(certificate)) this.#claims.set(certificate, index)
  }

  /**
   * The claims whose certificate the log does not hold, given all its entries behind them, with the log index of the first
   * body. One so young that it may not have entered the log when the package was made is no such claim.
   */
  unfounded(lastAt: Instant, madeAt: Instant): [certificate: string, index: number][] {
    const isLate = (id: string) =>
      isId(id) && bornAt(id) <= madeAt && addMilliseconds(bornAt(id), longestWaitMilliseconds) >= lastAt
    return [...this.#claims].filter(([certificate]) => !this.#certificates.has(certificate) && !isLate(certificate))
  }
}

function certificateIn(disposal: Buffer): string {
  try {
    const { certificate } = Object(JSON.parse(disposal.toString('utf8'))) as { certificate?: unknown }
    return typeof certificate === 'string' ? certificate : ''
  } catch {
    return ''
  }
}
