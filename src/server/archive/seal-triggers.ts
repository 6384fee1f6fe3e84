import { recordEvents, type RecordType } from '#shared/record-event.ts'

/** Nouns whose records somebody waits for: they are sealed at once, others with them or within a minute. */
const awaited = new Set(['post', 'policy', 'review', 'publication', 'stop', 'export', 'hold'])

/** Record types that make the sealer write to the bucket at once. */
export const sealTriggers: ReadonlySet<RecordType> = new Set(
  (Object.keys(recordEvents) as RecordType[]).filter((type) => awaited.has(type.slice(0, type.indexOf('.')))),
)
