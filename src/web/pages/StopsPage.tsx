import { useState } from 'react'
import { msg } from '@lingui/core/macro'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { engageStop, liftStop, type Stop } from '#shared/api/publishing.ts'
import { call } from '#web/api/call.ts'
import { meQuery, profilesQuery, unitsQuery } from '#web/api/queries.ts'
import { stopsQuery } from '#web/api/stop-queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, Failure, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { SelectField, TextArea } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { announce } from '#web/util/announce.ts'
import { formatTime } from '#web/util/format.ts'
import { networkName } from '#web/util/words.ts'

type Scope = Stop['scope']
const scopeWords = {
  everything: msg`Everything`,
  unit: msg`A unit`,
  network: msg`A network`,
  profile: msg`A profile`,
} as const

export function StopsPage() {
  const { t } = useLingui()
  const may = useMay()
  const stops = useQuery(stopsQuery)
  return (
    <>
      <PageHead
        title={t`Stops`}
        lead={<Trans>A stop holds back everything in its scope at once. Lifting it takes two people.</Trans>}
      />
      {may('stop.engage') && <EngageForm />}
      <QueryView query={stops}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>No stop was ever engaged.</Trans>
            </Empty>
          ) : (
            <ul className="list">
              {items.map((stop) => (
                <StopLine key={stop.stopId} stop={stop} />
              ))}
            </ul>
          )
        }
      </QueryView>
    </>
  )
}

/** What each scope can name. */
function useScopeChoices(scope: Scope): { value: string; label: string }[] {
  const units = useQuery({ ...unitsQuery, enabled: scope === 'unit' })
  const profiles = useQuery({ ...profilesQuery, enabled: scope === 'network' || scope === 'profile' })
  if (scope === 'unit') return (units.data?.items ?? []).map((unit) => ({ value: unit.unitId, label: unit.name }))
  if (scope === 'network')
    return (profiles.data?.networks ?? []).map((network) => ({ value: network, label: networkName(network) }))
  if (scope === 'profile')
    return (profiles.data?.items ?? []).map((profile) => ({
      value: profile.profileId,
      label: `${networkName(profile.network)} · @${profile.handle}`,
    }))
  return []
}

function EngageForm() {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const [scope, setScope] = useState<Scope>('everything')
  const [named, setNamed] = useState('')
  const [reason, setReason] = useState('')
  const choices = useScopeChoices(scope)
  const scopeId = choices.some((choice) => choice.value === named) ? named : (choices[0]?.value ?? '')
  const engage = useMutation({
    mutationFn: () =>
      call(engageStop, { body: { scope, reason: reason.trim(), ...(scope === 'everything' ? {} : { scopeId }) } }),
    onSuccess: () => {
      setReason('')
      announce(t`Stop engaged`)
      return client.invalidateQueries({ queryKey: ['stops'] })
    },
  })
  return (
    <form
      className="card col"
      onSubmit={(event) => {
        event.preventDefault()
        if (reason.trim() !== '') engage.mutate()
      }}
    >
      <h2>
        <Trans>Stop now</Trans>
      </h2>
      <div className="fields">
        <SelectField
          label={t`Scope`}
          value={scope}
          onChange={(value) => setScope(value as Scope)}
          choices={(Object.keys(scopeWords) as Scope[]).map((value) => ({ value, label: i18n._(scopeWords[value]) }))}
        />
        {scope !== 'everything' && (
          <SelectField label={i18n._(scopeWords[scope])} value={scopeId} onChange={setNamed} choices={choices} />
        )}
      </div>
      <TextArea label={t`Reason`} required rows={2} value={reason} onChange={setReason} />
      {engage.error !== null && <Failure error={engage.error} />}
      <div className="row">
        <Button
          kind="danger"
          type="submit"
          busy={engage.isPending}
          disabled={reason.trim() === '' || (scope !== 'everything' && scopeId === '')}
        >
          <Trans>Engage the stop</Trans>
        </Button>
      </div>
    </form>
  )
}

function StopLine({ stop }: { stop: Stop }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const client = useQueryClient()
  const { data: me } = useQuery(meQuery)
  const choices = useScopeChoices(stop.scope)
  const lift = useMutation({
    mutationFn: () => call(liftStop, { params: { stopId: stop.stopId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['stops'] }),
  })
  const scope = i18n._(scopeWords[stop.scope])
  const name = choices.find((choice) => choice.value === stop.scopeId)?.label ?? stop.scopeId
  const asked = stop.liftRequestedBy
  const mine = asked?.userId === me?.userId
  return (
    <li>
      <div className="line">
        <span className="line-main">
          <strong>{stop.scopeId === null ? scope : t`${scope}: ${name}`}</strong>
          <span> – {stop.reason}</span>
          <span className="muted small cut">{t`${stop.engagedBy.displayName}, ${formatTime(stop.engagedAt, true)}`}</span>
          {asked !== null && stop.liftedAt === null && (
            <span className="small own-line">
              {mine
                ? t`You asked to lift it; a second person must confirm.`
                : t`${asked.displayName} asked to lift it; a second person must confirm.`}
            </span>
          )}
          {stop.liftedBy !== null && stop.liftedAt !== null && (
            <span className="muted small own-line">
              {t`Lifted by ${stop.liftedBy.displayName}, ${formatTime(stop.liftedAt, true)}`}
            </span>
          )}
          {lift.error !== null && <Failure error={lift.error} />}
        </span>
        <span className="row">
          <Badge tone={stop.liftedAt === null ? 'hold' : 'neutral'}>
            {stop.liftedAt === null ? t`Engaged` : t`Lifted`}
          </Badge>
          {stop.liftedAt === null && may('stop.lift') && (
            <Button small busy={lift.isPending} disabled={mine} onClick={() => lift.mutate()}>
              {asked === null ? t`Ask to lift` : t`Confirm and lift`}
            </Button>
          )}
        </span>
      </div>
    </li>
  )
}
