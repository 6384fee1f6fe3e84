import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { connectProfile, createProfile, disconnectProfile, pauseProfile, type Profile } from '#shared/api/profiles.ts'
import { call } from '#web/api/call.ts'
import { profilesQuery, unitsQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { PageHead } from '#web/components/PageHead.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Empty, Failure, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { SelectField, TextField } from '#web/ui/fields.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { networkName } from '#web/util/words.ts'

const statusWords = {
  registered: { label: msg`Not connected yet`, tone: 'review' },
  connected: { label: msg`Connected`, tone: 'ok' },
  paused: { label: msg`Paused`, tone: 'hold' },
  disconnected: { label: msg`Disconnected`, tone: 'neutral' },
  needs_reauthorisation: { label: msg`Must be connected again`, tone: 'block' },
} as const

export function ProfilesPage() {
  const { t } = useLingui()
  const may = useMay()
  const profiles = useQuery(profilesQuery)
  const [registering, setRegistering] = useState(false)
  const [connecting, setConnecting] = useState<Profile>()
  return (
    <>
      <PageHead
        title={t`Profiles`}
        lead={<Trans>The accounts through which the firm speaks. Only connected ones publish.</Trans>}
      >
        {may('profile.manage') && (
          <Button kind="primary" onClick={() => setRegistering(true)}>
            <Trans>Register a profile</Trans>
          </Button>
        )}
      </PageHead>
      <QueryView query={profiles}>
        {({ items, networks }) => (
          <>
            {items.length === 0 ? (
              <Empty>
                <Trans>No profile is registered yet.</Trans>
              </Empty>
            ) : (
              <ul className="list">
                {items.map((profile) => (
                  <ProfileLine key={profile.profileId} profile={profile} onConnect={() => setConnecting(profile)} />
                ))}
              </ul>
            )}
            {registering && <RegisterDialog networks={networks} onClose={() => setRegistering(false)} />}
            {connecting !== undefined && (
              <ConnectDialog profile={connecting} onClose={() => setConnecting(undefined)} />
            )}
          </>
        )}
      </QueryView>
    </>
  )
}

function ProfileLine({ profile, onConnect }: { profile: Profile; onConnect: () => void }) {
  const { t, i18n } = useLingui()
  const may = useMay()
  const client = useQueryClient()
  const [leaving, setLeaving] = useState(false)
  const change = useMutation({
    mutationFn: (endpoint: typeof pauseProfile | typeof disconnectProfile) =>
      call(endpoint, { params: { profileId: profile.profileId } }),
    onSuccess: () => {
      setLeaving(false)
      return client.invalidateQueries({ queryKey: ['profiles'] })
    },
  })
  return (
    <li>
      <div className="line">
        <span className="line-main">
          <strong>{profile.displayName}</strong>
          <span className="muted small cut">
            {networkName(profile.network)} · @{profile.handle} · {profile.unitName}
          </span>
          {change.error !== null && !leaving && <Failure error={change.error} />}
        </span>
        <span className="row">
          <Badge tone={statusWords[profile.status].tone}>{i18n._(statusWords[profile.status].label)}</Badge>
          {may('profile.manage') && (
            <>
              <Button small onClick={onConnect}>
                {profile.status === 'connected' ? <Trans>New credential</Trans> : <Trans>Connect</Trans>}
              </Button>
              {profile.status === 'connected' && (
                <Button small busy={change.isPending} onClick={() => change.mutate(pauseProfile)}>
                  <Trans>Pause</Trans>
                </Button>
              )}
              {profile.status !== 'disconnected' && profile.status !== 'registered' && (
                <Button small kind="danger" busy={change.isPending} onClick={() => setLeaving(true)}>
                  <Trans>Disconnect</Trans>
                </Button>
              )}
            </>
          )}
        </span>
      </div>
      {leaving && (
        <FormDialog
          title={t`Disconnect @${profile.handle}?`}
          confirm={t`Disconnect`}
          busy={change.isPending}
          ready
          error={change.error}
          onClose={() => setLeaving(false)}
          onSubmit={() => change.mutate(disconnectProfile)}
        >
          <p>
            <Trans>
              Nothing is published there any more, and its credential is destroyed. Connecting it again takes a new one.
            </Trans>
          </p>
        </FormDialog>
      )}
    </li>
  )
}

function RegisterDialog({ networks, onClose }: { networks: readonly string[]; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const units = useQuery(unitsQuery)
  const [network, setNetwork] = useState(networks[0] ?? '')
  const [handle, setHandle] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [unitId, setUnitId] = useState('')
  const register = useMutation({
    mutationFn: () =>
      call(createProfile, {
        body: { network, handle: handle.trim(), displayName: displayName.trim(), ...(unitId === '' ? {} : { unitId }) },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['profiles'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Register a profile`}
      confirm={t`Register`}
      busy={register.isPending}
      ready={handle.trim() !== '' && displayName.trim() !== ''}
      error={register.error}
      onClose={onClose}
      onSubmit={() => register.mutate()}
    >
      <SelectField
        label={t`Network`}
        value={network}
        onChange={setNetwork}
        choices={networks.map((value) => ({ value, label: networkName(value) }))}
      />
      <TextField
        label={t`Handle`}
        hint={t`As the network writes it, without @`}
        required
        value={handle}
        onChange={setHandle}
      />
      <TextField label={t`Name`} required value={displayName} onChange={setDisplayName} />
      {(units.data?.items.length ?? 0) > 1 && (
        <SelectField
          label={t`Unit`}
          value={unitId}
          onChange={setUnitId}
          choices={[
            { value: '', label: t`My own` },
            ...units.data!.items.map((unit) => ({ value: unit.unitId, label: unit.name })),
          ]}
        />
      )}
    </FormDialog>
  )
}

/** Networks of many servers ask where the account lives: the name of the setting and the usual address. */
const places: Record<string, { setting: string; usual: string }> = {
  bluesky: { setting: 'service', usual: 'https://bsky.social' },
  mastodon: { setting: 'server', usual: '' },
}

const credentialWords: Record<string, MessageDescriptor> = {
  bluesky: msg`App password`,
  mastodon: msg`Access token`,
}

function ConnectDialog({ profile, onClose }: { profile: Profile; onClose: () => void }) {
  const { t, i18n } = useLingui()
  const client = useQueryClient()
  const [credential, setCredential] = useState('')
  const place = places[profile.network]
  const [address, setAddress] = useState(place?.usual ?? '')
  const connect = useMutation({
    mutationFn: () =>
      call(connectProfile, {
        params: { profileId: profile.profileId },
        body: { credential, ...(place === undefined ? {} : { settings: { [place.setting]: address.trim() } }) },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['profiles'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={t`Connect @${profile.handle}`}
      confirm={t`Connect`}
      busy={connect.isPending}
      ready={credential !== '' && (place === undefined || /^https?:\/\/./.test(address.trim()))}
      error={connect.error}
      onClose={onClose}
      onSubmit={() => connect.mutate()}
    >
      {place !== undefined && (
        <TextField
          label={t`Address of the account’s server`}
          placeholder="https://"
          required
          value={address}
          onChange={setAddress}
        />
      )}
      <TextField
        label={i18n._(credentialWords[profile.network] ?? msg`Credential`)}
        hint={t`It is tried at the network, kept sealed, and never shown again.`}
        type="password"
        autoComplete="new-password"
        required
        value={credential}
        onChange={setCredential}
      />
    </FormDialog>
  )
}
