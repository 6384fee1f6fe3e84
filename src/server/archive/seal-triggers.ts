import { recordEvents, type RecordType } from '#shared/record-event.ts'

/** Nouns whose records somebody waits for: they are sealed at once, others with them or within a minute. */
const awaited = new Set(['post', 'policy', 'review', 'publication', 'stop', 'export', 'hold'])

/** An export of one stream waits for the directory. */
const awaitedTypes: readonly RecordType[] = ['archive.directory_committed']

/** Record types that make the sealer write to the bucket at once. */
export const sealTriggers: ReadonlySet<RecordType> = new Set(
  (Object.keys(recordEvents) as RecordType[]).filter(
    (type) => awaitedTypes.includes(type) || awaited.has(type.slice(0, type.indexOf('.'))),
  ),
)
