import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { profilesQuery } from '#web/api/queries.ts'
import { QueryView } from '#web/components/states.tsx'
import { CheckField } from '#web/ui/fields.tsx'
import { networkName } from '#web/util/words.ts'

const unavailable = {
  registered: msg`not connected yet`,
  paused: msg`paused`,
  disconnected: msg`disconnected`,
  needs_reauthorisation: msg`must be connected again by an administrator`,
} as const

/** Where the post goes. A profile that cannot publish says why. */
export function ProfilePicker({
  chosen,
  onChange,
}: {
  chosen: readonly string[]
  onChange: (profileIds: string[]) => void
}) {
  const { i18n } = useLingui()
  const profiles = useQuery(profilesQuery)
  return (
    <fieldset className="picker">
      <legend>
        <Trans>Publish on</Trans>
      </legend>
      {profiles.error !== null && profiles.data === undefined && (
        <p>
          <Trans>The profiles could not be fetched. You can write meanwhile; what you write is kept.</Trans>
        </p>
      )}
      <QueryView query={profiles} rows={1}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">
              <Trans>No profile is open to you yet. An administrator registers and connects them.</Trans>
            </p>
          ) : (
            items.map((profile) => (
              <CheckField
                key={profile.profileId}
                label={`${networkName(profile.network)} · ${profile.displayName}`}
                hint={profile.status === 'connected' ? `@${profile.handle}` : i18n._(unavailable[profile.status])}
                disabled={profile.status !== 'connected' && !chosen.includes(profile.profileId)}
                checked={chosen.includes(profile.profileId)}
                onChange={(checked) =>
                  onChange(checked ? [...chosen, profile.profileId] : chosen.filter((id) => id !== profile.profileId))
                }
              />
            ))
          )
        }
      </QueryView>
    </fieldset>
  )
}
