import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { endSession, type Me } from '#shared/api/identity.ts'
import { call } from '#web/api/call.ts'
import { meQuery, sessionsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { Empty, Failure, QueryView } from '#web/components/states.tsx'
import { TokenSection } from '#web/forms/TokenSection.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatRelative, formatTime } from '#web/util/format.ts'
import { qualificationName } from '#web/util/qualification-words.ts'
import { roleWords } from '#web/util/role-words.ts'

/** One's own account: what one may do and where, who acts in one's name, and where one is signed in. */
export function AccountPage() {
  const { t } = useLingui()
  const me = useQuery(meQuery)
  return (
    <>
      <PageHead title={t`My account`} lead={me.data?.email} />
      <QueryView query={me}>
        {(found) => (
          <>
            <Roles me={found} />
            {found.permissions.includes('token.manage') && <TokenSection me={found} />}
            <Sessions />
          </>
        )}
      </QueryView>
    </>
  )
}

function Roles({ me }: { me: Me }) {
  const { i18n } = useLingui()
  return (
    <section className="col" aria-labelledby="roles">
      <h2 id="roles">
        <Trans>My roles</Trans>
      </h2>
      <ul className="list">
        {me.roles.map((held) => (
          <li key={held.role + held.unitId} className="line">
            <span className="line-main">
              <strong>{i18n._(roleWords[held.role])}</strong>
              <span className="muted small cut">
                <Trans>{held.unitName} and every unit below</Trans>
              </span>
            </span>
          </li>
        ))}
        {me.qualifications.map((held) => (
          <li key={held.qualification + held.validFrom} className="line">
            <span className="line-main">
              <strong>{qualificationName(held.qualification)}</strong>
              <span className="muted small cut">
                {held.validUntil === null ? (
                  <Trans>Qualification, since {formatTime(held.validFrom)}</Trans>
                ) : (
                  <Trans>Qualification, until {formatTime(held.validUntil)}</Trans>
                )}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <p className="muted small">
        <Trans>A role is changed by an administrator, and a second person approves it.</Trans>
      </p>
    </section>
  )
}

function Sessions() {
  const { t } = useLingui()
  const client = useQueryClient()
  const sessions = useQuery(sessionsQuery)
  const end = useMutation({
    mutationFn: (sessionId: string) => call(endSession, { params: { sessionId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  })
  return (
    <section className="col" aria-labelledby="sessions">
      <h2 id="sessions">
        <Trans>Where I am signed in</Trans>
      </h2>
      {end.error !== null && <Failure error={end.error} />}
      <QueryView query={sessions} rows={1}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>No session is open.</Trans>
            </Empty>
          ) : (
            <ul className="list">
              {items.map((session) => (
                <li key={session.sessionId} className="line">
                  <span className="line-main">
                    <strong>{t`Since ${formatTime(session.startedAt, true)}`}</strong>
                    <span className="muted small own-line">
                      {t`last used ${formatRelative(session.lastSeenAt)}, ends ${formatRelative(session.expiresAt)}`}
                    </span>
                  </span>
                  <span className="row">
                    {session.current ? (
                      <Badge tone="ok">
                        <Trans>This browser</Trans>
                      </Badge>
                    ) : (
                      <Button small busy={end.isPending} onClick={() => end.mutate(session.sessionId)}>
                        <Trans>End it</Trans>
                      </Button>
                    )}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </section>
  )
}
