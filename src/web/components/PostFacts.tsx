import { Fragment, type ReactNode } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { Revision } from '#shared/api/posts.ts'
import { profilesQuery } from '#web/api/queries.ts'
import { formatTime } from '#web/util/format.ts'
import { classWords, languageWords, networkName } from '#web/util/words.ts'

interface Props {
  readonly revision: Revision
  /** What the page knows besides, before the rest. */
  readonly more?: readonly (readonly [label: string, value: ReactNode])[]
}

/** What whoever answers for a post asks beside its words: where it goes, when, in which class, and what supports it. */
export function PostFacts({ revision, more = [] }: Props) {
  const { t, i18n } = useLingui()
  const { language, scheduledAt, sources } = revision
  const rows: (readonly [string, ReactNode])[] = [
    ...more,
    [t`Profiles`, <Places key="places" profileIds={revision.profileIds} />],
    [t`Planned for`, scheduledAt === null ? t`As soon as it is approved` : formatTime(scheduledAt, true)],
    [t`Communication class`, i18n._(classWords[revision.communicationClass])],
    ...(language === null ? [] : [[t`Language`, i18n._(languageWords[language])] as const]),
    ...(sources.length === 0
      ? []
      : [[t`Sources`, sources.map((source) => source.url ?? source.note ?? source.claim).join(' · ')] as const]),
  ]
  return (
    <dl className="kv facts small">
      {rows.map(([label, value]) => (
        <Fragment key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  )
}

function Places({ profileIds }: { profileIds: readonly string[] }) {
  const { data } = useQuery(profilesQuery)
  if (profileIds.length === 0) return <Trans>No profile yet</Trans>
  return profileIds.map((profileId) => {
    const profile = data?.items.find((one) => one.profileId === profileId)
    return (
      <div key={profileId}>
        {profile === undefined ? '…' : `${networkName(profile.network)} · ${profile.displayName} (@${profile.handle})`}
      </div>
    )
  })
}
