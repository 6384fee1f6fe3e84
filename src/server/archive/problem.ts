/** One thing that verification found, in words that an auditor understands. */
export interface Problem {
  readonly kind: string
  readonly logIndex: number | null
  readonly sentence: string
}

export function problem(kind: string, sentence: string, logIndex?: number): Problem {
  return { kind, logIndex: logIndex ?? null, sentence }
}
