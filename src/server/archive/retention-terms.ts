import type { Instant } from '#server/platform/clock.ts'

/** Years that each class kept bodies from the beginning (migration 0002); null for ever. The log says what was lengthened since. */
export const firstTerms: Readonly<Record<string, number | null>> = {
  'us-bd-3y': 3,
  'us-bd-6y': 6,
  'adviser-5y': 5,
  'mifid-5y': 5,
  'mifid-7y': 7,
  pharma: 10,
  permanent: null,
}

/** A term that a class had until an instant. */
export interface EarlierTerm {
  readonly retentionClass: string
  readonly years: number
  readonly until: Instant
}

/** That bodies of a month were destroyed, by whose record. */
export interface Certificate {
  readonly month: string
  readonly reason: string
  readonly certificateId: string
  readonly retentionClasses: readonly string[]
}

/** What the log's own records say of retention: enough to know which bodies are rightly gone, without a database. */
export class RetentionHistory {
  readonly #certificates = new Map<string, Certificate>()
  readonly #terms: Record<string, number | null> = { ...firstTerms }
  readonly earlierTerms: EarlierTerm[] = []
  #unreadUntil: Instant = ''

  /** Takes in a `record.disposed` or `retention.extended`, in log order; its content as the body says it. */
  take(record: { readonly id: string; readonly type: string; readonly recordedAt: Instant }, content: unknown): void {
    const { month, reason, retentionClasses, retentionClass, from, to } = Object(content) as Record<string, unknown>
    if (record.type === 'record.disposed' && typeof month === 'string' && Array.isArray(retentionClasses)) {
      const certificate = {
        month,
        reason: String(reason),
        certificateId: record.id,
        retentionClasses: retentionClasses.map(String),
      }
      if (!this.#certificates.has(month)) this.#certificates.set(month, certificate)
    }
    if (record.type === 'retention.extended' && typeof retentionClass === 'string') {
      this.earlierTerms.push({ retentionClass, years: Number(from), until: record.recordedAt })
      this.#terms[retentionClass] = Number(to)
    }
  }

  /** Notes that certificates up to an instant may be missing here, because they cannot be read. */
  miss(until: Instant): void {
    if (until > this.#unreadUntil) this.#unreadUntil = until
  }

  /** May bodies of a month (`yyyy-mm`) have been destroyed by a certificate that cannot be read? */
  mayBeGone(month: string): boolean {
    return `${month}-01T00:00:00.000Z` <= this.#unreadUntil
  }

  /** Years of each class today. */
  get terms(): Readonly<Record<string, number | null>> {
    return this.#terms
  }

  /**
   * The certificate by which a record's body is gone; undefined where none says so. `month` is the one in whose file the
   * body lies, where it still does; else it follows from the terms that the class had.
   */
  findCertificate(
    { recordedAt, retentionClass }: { readonly recordedAt: Instant; readonly retentionClass: string },
    month: string | undefined,
  ): Certificate | undefined {
    const months = month === undefined ? this.#monthsOf(recordedAt, retentionClass) : [month]
    return months
      .map((candidate) => this.#certificates.get(candidate))
      .find((certificate) => certificate?.retentionClasses.includes(retentionClass) === true)
  }

  /** A record's month is fixed when it is recorded, by the term of that time. */
  #monthsOf(recordedAt: Instant, retentionClass: string): string[] {
    const earlier = this.earlierTerms.filter((term) => term.retentionClass === retentionClass)
    const years = [...earlier.map((term) => term.years), this.#terms[retentionClass] ?? undefined]
    const recorded = new Date(recordedAt)
    return years.flatMap((count) =>
      count === undefined
        ? []
        : [new Date(Date.UTC(recorded.getUTCFullYear() + count, recorded.getUTCMonth() + 1)).toISOString().slice(0, 7)],
    )
  }
}
