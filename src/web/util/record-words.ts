import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import type { RecordType } from '#shared/record-event.ts'
import type { Tone } from '#web/ui/Notice.tsx'

/** What happened, as a reader would say it. */
const words: Record<RecordType, MessageDescriptor> = {
  'post.drafted': msg`Drafted`,
  'post.revised': msg`Revised`,
  'post.submitted': msg`Submitted and checked by policy`,
  'post.withdrawn': msg`Withdrawn by its author`,
  'post.rescheduled': msg`Given another time`,
  'post.commented': msg`Commented`,
  'post.blocked': msg`Blocked by policy`,
  'post.pulled_back': msg`Pulled back: the policy changed`,
  'post.expired': msg`Its slot passed before approval`,
  'policy.evaluated': msg`Judged anew`,
  'policy.version_created': msg`Policy version written`,
  'policy.version_approved': msg`Policy version approved`,
  'policy.version_activated': msg`Policy version activated`,
  'policy.version_retired': msg`Policy version retired`,
  'policy.simulated': msg`Policy simulated`,
  'review.opened': msg`Review opened`,
  'review.claimed': msg`Taken in hand`,
  'review.released': msg`Given back`,
  'review.escalated': msg`Escalated`,
  'review.delegated': msg`Handed to a colleague`,
  'review.decided': msg`Decided`,
  'review.voided': msg`Review ended without decision`,
  'publication.released': msg`Released by the gate`,
  'publication.attempted': msg`Sent to the network`,
  'publication.answered': msg`The network answered`,
  'publication.published': msg`Published`,
  'publication.unconfirmed': msg`Outcome not seen; the network is being asked`,
  'publication.failed': msg`Refused by the network`,
  'publication.captured': msg`Live copy read back`,
  'publication.refused': msg`The gate refused`,
  'publication.retracted': msg`Deleted at the network`,
  'stop.engaged': msg`Stop engaged`,
  'stop.lift_requested': msg`Lifting a stop was asked for`,
  'stop.lifted': msg`Stop lifted`,
  'profile.registered': msg`Profile registered`,
  'profile.connected': msg`Profile connected`,
  'profile.paused': msg`Profile paused`,
  'profile.disconnected': msg`Profile disconnected`,
  'session.started': msg`Signed in`,
  'session.refused': msg`Sign-in refused`,
  'session.ended': msg`Session ended`,
  'permission.denied': msg`Permission denied`,
  'user.provisioned': msg`Person entered`,
  'user.updated': msg`Person changed`,
  'user.deactivated': msg`Person deactivated`,
  'user.reactivated': msg`Person reactivated`,
  'role.change_requested': msg`Role change asked for`,
  'role.change_decided': msg`Role change decided`,
  'role.granted': msg`Role given`,
  'role.revoked': msg`Role taken away`,
  'unit.created': msg`Unit entered`,
  'unit.updated': msg`Unit changed`,
  'qualification.granted': msg`Qualification given`,
  'qualification.revoked': msg`Qualification ended`,
  'delegation.granted': msg`Delegation given`,
  'delegation.ended': msg`Delegation ended`,
  'token.created': msg`API token made`,
  'token.revoked': msg`API token revoked`,
  'examiner.granted': msg`Examiner access given`,
  'examiner.ended': msg`Examiner access ended`,
  'scim.synchronised': msg`People synchronised`,
  'archive.searched': msg`Archive searched`,
  'archive.viewed': msg`Record opened`,
  'archive.verified': msg`Archive verified`,
  'archive.incident': msg`Archive incident`,
  'archive.anchored': msg`Archive shown to an outside witness`,
  'archive.directory_committed': msg`Stream lengths fixed`,
  'export.requested': msg`Export asked for`,
  'export.completed': msg`Export completed`,
  'export.downloaded': msg`Export downloaded`,
  'export.failed': msg`Export ended without result`,
  'export.removed': msg`Package of an export removed`,
  'hold.placed': msg`Legal hold placed`,
  'hold.release_requested': msg`Release of a hold asked for`,
  'hold.released': msg`Legal hold released`,
  'retention.extended': msg`Retention extended`,
  'record.disposed': msg`Content destroyed at the end of its retention`,
  'erasure.answered': msg`Erasure request answered`,
  'media.uploaded': msg`Media stored`,
}

const decided = { approved: msg`Approved`, rejected: msg`Rejected`, changes_requested: msg`Changes requested` } as const

export function recordWords(type: string, summary: Record<string, unknown> = {}): MessageDescriptor {
  const outcome = summary['outcome']
  if (type === 'review.decided' && typeof outcome === 'string' && outcome in decided)
    return decided[outcome as keyof typeof decided]
  return words[type as RecordType] ?? msg`Recorded`
}

const tones: Partial<Record<RecordType, Tone>> = {
  'post.blocked': 'block',
  'publication.failed': 'block',
  'publication.refused': 'block',
  'permission.denied': 'block',
  'archive.incident': 'block',
  'post.pulled_back': 'review',
  'post.expired': 'review',
  'publication.unconfirmed': 'review',
  'publication.published': 'ok',
  'publication.captured': 'ok',
  'archive.verified': 'ok',
  'export.completed': 'ok',
  'stop.engaged': 'hold',
  'hold.placed': 'hold',
}

export function recordTone(type: string, summary: Record<string, unknown> = {}): Tone {
  if (type === 'review.decided') return summary['outcome'] === 'approved' ? 'ok' : 'review'
  return tones[type as RecordType] ?? 'note'
}
