import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { revokeToken, type ApiToken, type Me } from '#shared/api/identity.ts'
import { call } from '#web/api/call.ts'
import { tokensQuery } from '#web/api/queries.ts'
import { FormDialog } from '#web/components/FormDialog.tsx'
import { Empty, QueryView } from '#web/components/states.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge } from '#web/ui/Notice.tsx'
import { formatRelative, formatTime } from '#web/util/format.ts'
import { permissionName } from '#web/util/permission-words.ts'
import { NewTokenDialog } from './NewTokenDialog.tsx'

/** The programs that act in one's name. */
export function TokenSection({ me }: { me: Me }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const tokens = useQuery(tokensQuery)
  const [making, setMaking] = useState(false)
  const [revoking, setRevoking] = useState<ApiToken>()
  const revoke = useMutation({
    mutationFn: (tokenId: string) => call(revokeToken, { params: { tokenId } }),
    onSuccess: async () => {
      setRevoking(undefined)
      await client.invalidateQueries({ queryKey: ['tokens'] })
    },
  })
  return (
    <section className="col" aria-labelledby="tokens">
      <div className="row spread">
        <h2 id="tokens">
          <Trans>API tokens</Trans>
        </h2>
        <Button small onClick={() => setMaking(true)}>
          <Trans>New token</Trans>
        </Button>
      </div>
      <QueryView query={tokens} rows={1}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty>
              <Trans>No program acts in your name. A token lets one, with no more rights than yours.</Trans>
            </Empty>
          ) : (
            <ul className="list">
              {items.map((token) => (
                <TokenLine key={token.tokenId} token={token} onRevoke={() => setRevoking(token)} />
              ))}
            </ul>
          )
        }
      </QueryView>
      {making && <NewTokenDialog me={me} onClose={() => setMaking(false)} />}
      <FormDialog
        open={revoking !== undefined}
        title={t`Revoke this token?`}
        confirm={t`Revoke`}
        busy={revoke.isPending}
        ready
        error={revoke.error}
        onClose={() => {
          revoke.reset()
          setRevoking(undefined)
        }}
        onSubmit={() => revoking !== undefined && revoke.mutate(revoking.tokenId)}
      >
        <p>
          <Trans>Whatever uses “{revoking?.name ?? ''}” is refused from this moment. This cannot be undone.</Trans>
        </p>
      </FormDialog>
    </section>
  )
}

function TokenLine({ token, onRevoke }: { token: ApiToken; onRevoke: () => void }) {
  const { t } = useLingui()
  const [expired] = useState(() => Date.parse(token.expiresAt) <= Date.now())
  const live = token.revokedAt === null && !expired
  return (
    <li className="line">
      <span className="line-main">
        <strong>{token.name}</strong> <code className="muted">{token.prefix}…</code>
        <span className="muted small own-line">{token.scopes.map(permissionName).join(' · ')}</span>
        <span className="muted small cut">
          {[
            t`expires ${formatTime(token.expiresAt)}`,
            token.lastUsedAt === null ? t`never used` : t`last used ${formatRelative(token.lastUsedAt)}`,
          ].join(' · ')}
        </span>
      </span>
      <span className="row">
        <Badge tone={live ? 'ok' : 'neutral'}>
          {token.revokedAt !== null ? t`Revoked` : expired ? t`Expired` : t`Live`}
        </Badge>
        {live && (
          <Button small kind="danger" onClick={onRevoke}>
            <Trans>Revoke</Trans>
          </Button>
        )}
      </span>
    </li>
  )
}
