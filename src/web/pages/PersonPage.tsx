import { useState } from 'react'
import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { User } from '#shared/api/identity.ts'
import { deactivateUser, reactivateUser } from '#shared/api/people.ts'
import { call } from '#web/api/call.ts'
import { personQuery } from '#web/api/people-queries.ts'
import { meQuery, unitsQuery } from '#web/api/queries.ts'
import { PageHead } from '#web/components/PageHead.tsx'
import { PersonRights } from '#web/components/PersonRights.tsx'
import { useMay } from '#web/components/permissions.ts'
import { Qualifications } from '#web/components/Qualifications.tsx'
import { ReviewsInHand } from '#web/components/ReviewsInHand.tsx'
import { QueryView } from '#web/components/states.tsx'
import { ReasonDialog } from '#web/forms/ReasonDialog.tsx'
import { RoleChangeDialog } from '#web/forms/RoleChangeDialog.tsx'
import { Button } from '#web/ui/Button.tsx'
import { Badge, Notice } from '#web/ui/Notice.tsx'

const route = getRouteApi('/shell/people/$userId')

/** One person: their rights on any day, their qualifications, and the end of their access. */
export function PersonPage() {
  const { t } = useLingui()
  const { userId } = route.useParams()
  const person = useQuery(personQuery(userId))
  return (
    <QueryView query={person} title={t`Person`}>
      {(user) => <PersonView key={user.userId} user={user} />}
    </QueryView>
  )
}

function PersonView({ user }: { user: User }) {
  const { t } = useLingui()
  const may = useMay()
  const { data: me } = useQuery(meQuery)
  const units = useQuery(unitsQuery)
  const unit = units.data?.items.find(({ unitId }) => unitId === user.unitId)?.name
  const [changing, setChanging] = useState(false)
  const [ending, setEnding] = useState(false)
  // Nobody off-boards themselves: the server refuses it too.
  const manages = may('user.manage') && me?.userId !== user.userId
  return (
    <>
      <PageHead
        title={user.displayName}
        lead={[user.email ?? undefined, unit].filter((part) => part !== undefined).join(' · ')}
      >
        {!user.active && <Badge tone="neutral">{t`Has left`}</Badge>}
        {may('archive.search') && (
          <Link to="/archive" search={{ actor: user.userId }}>
            <Trans>What they did</Trans>
          </Link>
        )}
        {may('role.manage') && user.active && (
          <Button onClick={() => setChanging(true)}>
            <Trans>Change roles…</Trans>
          </Button>
        )}
        {manages && (
          <Button kind={user.active ? 'danger' : 'quiet'} onClick={() => setEnding(true)}>
            {user.active ? t`Off-board…` : t`Let them sign in again…`}
          </Button>
        )}
      </PageHead>
      {!user.active && (
        <Notice tone="hold" title={<Trans>This person has left</Trans>}>
          <Trans>
            Their sessions, tokens, roles and delegations have ended, and reviews in their hands are in the queue again.
            What they did stays as it was.
          </Trans>
        </Notice>
      )}
      <PersonRights userId={user.userId} />
      <Qualifications user={user} />
      {changing && <RoleChangeDialog user={user} onClose={() => setChanging(false)} />}
      <EndDialog user={user} open={ending} onClose={() => setEnding(false)} />
    </>
  )
}

/** Off-boards a person, or undoes it, with a reason. */
function EndDialog({ user, open, onClose }: { user: User; open: boolean; onClose: () => void }) {
  const { t } = useLingui()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: (reason: string) =>
      call(user.active ? deactivateUser : reactivateUser, { params: { userId: user.userId }, body: { reason } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['users'] })
      await client.invalidateQueries({ queryKey: ['reviews', 'in-hand'] })
      onClose()
    },
  })
  return (
    <ReasonDialog
      open={open}
      title={user.active ? t`Off-board ${user.displayName}?` : t`Let ${user.displayName} sign in again?`}
      explanation={
        user.active
          ? t`At once: sessions and tokens end, every role and delegation is taken, and reviews in their hands go back to the queue for whoever may decide them. What is approved still leaves at its time: engage a stop to hold it back.`
          : t`They may sign in again. Roles, tokens and delegations do not come back: they are given anew.`
      }
      more={user.active ? <ReviewsInHand userId={user.userId} /> : undefined}
      required
      hint={t`It is kept in the archive.`}
      confirm={user.active ? t`Off-board now` : t`Let them sign in`}
      busy={end.isPending}
      error={end.error}
      onClose={() => {
        end.reset()
        onClose()
      }}
      onConfirm={(reason) => end.mutate(reason)}
    />
  )
}
