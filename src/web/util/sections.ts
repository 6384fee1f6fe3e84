import { msg } from '@lingui/core/macro'
import type { MessageDescriptor } from '@lingui/core'
import type { Permission } from '#shared/permissions.ts'

export interface Section {
  readonly to:
    | '/posts'
    | '/queue'
    | '/archive'
    | '/holds'
    | '/retention'
    | '/people'
    | '/units'
    | '/delegations'
    | '/exports'
    | '/examiners'
    | '/profiles'
    | '/policies'
    | '/stops'
    | '/health'
  readonly label: MessageDescriptor
  readonly permission: Permission
  /** After G. */
  readonly key: string
}

/** The parts of the console, in the order of the navigation; each is shown to whoever holds its permission. */
export const sections: readonly Section[] = [
  { to: '/posts', label: msg`My posts`, permission: 'post.write', key: 'p' },
  { to: '/queue', label: msg`Review queue`, permission: 'review.read', key: 'q' },
  { to: '/archive', label: msg`Archive`, permission: 'archive.search', key: 'a' },
  { to: '/holds', label: msg`Legal holds`, permission: 'hold.read', key: 'l' },
  { to: '/retention', label: msg`Retention`, permission: 'hold.read', key: 't' },
  { to: '/exports', label: msg`Exports`, permission: 'export.read', key: 'e' },
  { to: '/examiners', label: msg`Examinations`, permission: 'examiner.manage', key: 'x' },
  { to: '/people', label: msg`People`, permission: 'user.read', key: 'o' },
  { to: '/units', label: msg`Units`, permission: 'unit.manage', key: 'u' },
  { to: '/delegations', label: msg`Delegations`, permission: 'delegation.manage', key: 'd' },
  { to: '/profiles', label: msg`Profiles`, permission: 'profile.manage', key: 'f' },
  { to: '/policies', label: msg`Policies`, permission: 'policy.read', key: 'r' },
  { to: '/stops', label: msg`Stops`, permission: 'stop.read', key: 's' },
  { to: '/health', label: msg`Health`, permission: 'archive.status', key: 'h' },
]
