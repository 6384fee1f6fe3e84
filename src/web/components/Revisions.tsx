import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import type { Revision } from '#shared/api/posts.ts'
import { SelectField } from '#web/ui/fields.tsx'
import { formatTime } from '#web/util/format.ts'
import { MediaList } from './MediaList.tsx'
import { TextDiff } from './TextDiff.tsx'

/** What changed from one revision to the next. */
export function Revisions({ revisions }: { revisions: readonly Revision[] }) {
  const { t } = useLingui()
  const [number, setNumber] = useState(revisions.length)
  if (revisions.length < 2) return null
  const shown = revisions.find((revision) => revision.number === number) ?? revisions.at(-1)!
  const before = revisions.find((revision) => revision.number === shown.number - 1)
  return (
    <section className="card col">
      <h2>
        <Trans>Revisions</Trans>
      </h2>
      <SelectField
        label={t`Show what changed in`}
        value={String(shown.number)}
        onChange={(value) => setNumber(Number(value))}
        choices={revisions.slice(1).map((revision) => ({
          value: String(revision.number),
          label: t`Revision ${revision.number}, ${formatTime(revision.createdAt)}`,
        }))}
      />
      {before !== undefined && (
        <>
          <TextDiff before={wholeOf(before)} after={wholeOf(shown)} />
          {!sameMedia(before, shown) && <MediaList media={shown.media} findings={[]} before={before.media} />}
        </>
      )}
    </section>
  )
}

function sameMedia(one: Revision, other: Revision): boolean {
  const told = ({ media }: Revision) => JSON.stringify(media.map(({ sha256, altText }) => [sha256, altText]))
  return told(one) === told(other)
}

function wholeOf({ text, thread }: Revision): string {
  return [text, ...thread].join('\n\n')
}
