import { i18n } from '@lingui/core'
import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import type { Permission } from '#shared/permissions.ts'

/** What each permission lets somebody do. */
const permissionWords: Record<Permission, MessageDescriptor> = {
  'session.read': msg`See one’s own account and sessions`,
  'token.manage': msg`Make and revoke one’s own API tokens`,
  'post.write': msg`Write and submit posts`,
  'post.read': msg`Read posts`,
  'post.comment': msg`Comment on posts`,
  'media.write': msg`Add pictures and films`,
  'library.read': msg`Read approved texts`,
  'policy.check': msg`Have a text checked by policy`,
  'policy.read': msg`Read the policies`,
  'policy.write': msg`Write policy versions`,
  'policy.approve': msg`Approve and activate policy versions`,
  'policy.simulate': msg`Simulate policies over the past`,
  'policy.replay': msg`Check a verdict of the past again`,
  'review.read': msg`Read the review queue`,
  'review.decide': msg`Decide reviews`,
  'stop.read': msg`See the stops`,
  'stop.engage': msg`Engage stops`,
  'stop.lift': msg`Lift stops`,
  'profile.read': msg`See the profiles`,
  'profile.manage': msg`Register and connect profiles`,
  'unit.read': msg`See the units`,
  'unit.manage': msg`Add and change units`,
  'user.read': msg`See the people`,
  'user.manage': msg`Off-board people`,
  'role.manage': msg`Ask for role changes`,
  'qualification.manage': msg`Enter and end qualifications`,
  'archive.search': msg`Search and read the archive`,
  'archive.verify': msg`Verify the archive`,
  'archive.status': msg`See the health of the archive`,
  'tlog.read': msg`Read the log and its checkpoints`,
  'export.create': msg`Make exports`,
  'export.read': msg`Read and download exports`,
  'hold.read': msg`See legal holds and retention`,
  'hold.place': msg`Place legal holds`,
  'hold.release': msg`Release legal holds`,
  'retention.manage': msg`Lengthen retention and answer erasure requests`,
  'role.approve': msg`Decide role changes`,
  'delegation.manage': msg`Delegate one’s own reviews`,
  'examiner.manage': msg`Grant and end examinations`,
  'scim.synchronise': msg`Synchronise people from the directory`,
}

/** A permission in words; one that an older record names is said as it was recorded. */
export function permissionName(permission: string): string {
  const words = permissionWords[permission as Permission] as MessageDescriptor | undefined
  return words === undefined ? permission : i18n._(words)
}
