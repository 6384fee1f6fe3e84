import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Hold } from '#shared/api/holds.ts'
import { peopleByIdQuery, unitsQuery } from '#web/api/queries.ts'
import { formatTime, timeZone } from '#web/util/format.ts'
import { recordWords } from '#web/util/record-words.ts'
import { networkName, verdictWords } from '#web/util/words.ts'
import { useMay } from './permissions.ts'

/** A filter of the archive in words: what a hold covers. */
export function HoldScope({ scope }: { scope: Hold['scope'] }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const units = useQuery({ ...unitsQuery, enabled: may('unit.read') && scope.unit !== undefined })
  const people = [scope.author, scope.actor].filter((id) => id !== undefined)
  const users = useQuery({ ...peopleByIdQuery(people), enabled: may('user.read') && people.length > 0 })
  const unit = units.data?.items.find((candidate) => candidate.unitId === scope.unit)?.name ?? scope.unit
  const personName = (id: string | undefined) =>
    users.data?.items.find((candidate) => candidate.userId === id)?.displayName ?? id
  const [author, actor] = [personName(scope.author), personName(scope.actor)]
  const types = scope.type?.split(',').map((type) => i18n._(recordWords(type)))
  const parts = [
    scope.q === undefined ? undefined : t`words “${scope.q}”`,
    author === undefined ? undefined : t`author ${author}`,
    actor === undefined ? undefined : t`done by ${actor}`,
    unit === undefined ? undefined : t`unit ${unit}`,
    scope.network === undefined ? undefined : networkName(scope.network),
    types?.join(', '),
    scope.verdict === undefined ? undefined : i18n._(verdictWords[scope.verdict].label),
    scope.from === undefined ? undefined : t`from ${formatTime(scope.from)}`,
    scope.to === undefined ? undefined : t`before ${formatTime(scope.to)}`,
    scope.from === undefined && scope.to === undefined ? undefined : timeZone,
  ].filter((part) => part !== undefined)
  return (
    <span className="small cut">
      {parts.length === 0 && scope.post === undefined && scope.profile === undefined ? (
        <Trans>Everything in the archive</Trans>
      ) : (
        parts.join(' · ')
      )}
      {scope.post !== undefined && (
        <Link to="/archive/posts/$postId" params={{ postId: scope.post }}>
          <Trans>one post</Trans>
        </Link>
      )}
      {scope.profile !== undefined && (
        <Link to="/archive" search={{ profile: scope.profile }}>
          <Trans>one profile</Trans>
        </Link>
      )}
    </span>
  )
}
