import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { fitNetwork } from '#shared/network-limits.ts'
import { profilesQuery } from '#web/api/queries.ts'
import type { Draft } from '#web/util/draft-store.ts'
import { formatNumber } from '#web/util/format.ts'
import { networkName } from '#web/util/words.ts'

/** How each network counts the text, by the same rules as the server. */
export function Counters({ draft }: { draft: Draft }) {
  const { t } = useLingui()
  const { data } = useQuery(profilesQuery)
  const chosen = (data?.items ?? []).filter((profile) => draft.profileIds?.includes(profile.profileId))
  const networks = [...new Set(chosen.map((profile) => profile.network))]
  return (
    <p className="counters small">
      {networks.map((network) => {
        const fit = fitNetwork(network, draft.text)
        return (
          <span key={network} className={fit.fits ? 'muted' : 'over'}>
            {networkName(network)} {formatNumber(fit.length)} / {formatNumber(fit.limit)}
            {!fit.fits && ` – ${t`too long`}`}
          </span>
        )
      })}
    </p>
  )
}
