import { useMemo } from 'react'
import { Trans } from '@lingui/react/macro'
import { diffWordsWithSpace } from 'diff'

/** Word by word: what went is struck, what came is underlined, so that colour is not needed. */
export function TextDiff({ before, after }: { before: string; after: string }) {
  const parts = useMemo(() => diffWordsWithSpace(before, after), [before, after])
  if (before === after) {
    return (
      <p className="muted">
        <Trans>The words are the same; a link, a time, a profile or a picture changed.</Trans>
      </p>
    )
  }
  return (
    <p className="post">
      {parts.map((part, index) =>
        part.added ? (
          <ins key={index} className="diff-added">
            {part.value}
          </ins>
        ) : part.removed ? (
          <del key={index} className="diff-removed">
            {part.value}
          </del>
        ) : (
          part.value
        ),
      )}
    </p>
  )
}
